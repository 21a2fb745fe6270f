package io.migpool.deviceplugin.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.deviceplugin.AllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.PreStartContainerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DevicePluginServiceTest {

    private static final AllocationHandler BROKEN = new AllocationHandler() {
        @Override
        public Answer reserve(NavigableSet<String> ids) {
            throw new IllegalStateException("nobody thought of this");
        }

        @Override
        public void prepare(NavigableSet<String> ids) {
            throw new IllegalStateException("nobody thought of this");
        }
    };

    private final List<String> counted = new ArrayList<>();
    private final List<Throwable> answered = new ArrayList<>();
    private final DevicePluginService service = new DevicePluginService(
            BROKEN,
            new DeviceStreams(
                    new DeviceSupply() {
                        @Override
                        public List<OfferedDevice> devices() {
                            return List.of();
                        }

                        @Override
                        public void onChange(Runnable listener) {}
                    },
                    () -> {},
                    () -> {}),
            new KubeletObserver() {
                @Override
                public void allocated(Duration took, Optional<String> failure) {
                    counted.add("allocate " + failure.orElse("done"));
                }

                @Override
                public void prepared(Duration took, Optional<String> failure) {
                    counted.add("prestart " + failure.orElse("done"));
                }

                @Override
                public void registered(Optional<String> failure) {}
            });

    @Test
    void whatNobodyThoughtOfIsCountedAndKubeletIsToldInWords() {
        service.allocate(
                AllocateRequest.newBuilder()
                        .addContainerRequests(
                                ContainerAllocateRequest.newBuilder().addDevicesIds("mp-000"))
                        .build(),
                new Answers<>());
        service.preStartContainer(
                PreStartContainerRequest.newBuilder().addDevicesIds("mp-000").build(), new Answers<>());

        assertThat(counted).containsExactly("allocate Unforeseen", "prestart Unforeseen");
        assertThat(answered).hasSize(2).allSatisfy(failure -> {
            assertThat(Status.fromThrowable(failure).getCode()).isEqualTo(Status.Code.INTERNAL);
            assertThat(failure).hasMessageContaining("nobody thought of this");
        });
    }

    private final class Answers<T> implements StreamObserver<T> {
        @Override
        public void onNext(T value) {}

        @Override
        public void onError(Throwable failure) {
            answered.add(failure);
        }

        @Override
        public void onCompleted() {}
    }
}
