package io.migpool.deviceplugin.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesResponse;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeletPodResourcesTest {

    private static final int CALLS_WHILE_AWAY = 5;

    @TempDir
    Path directory;

    @Test
    void aKubeletThatIsBackIsAskedAtOnceHoweverLongItWasAway() throws Exception {
        Path socket = directory.resolve("kubelet.sock");
        try (UnixSockets sockets = new UnixSockets();
                KubeletPodResources kubelet = new KubeletPodResources(sockets, socket)) {
            Server before = sockets.serve(socket, new Nothing());
            assertThat(kubelet.list()).isEmpty();
            before.shutdownNow().awaitTermination();
            if (Files.notExists(socket)) {
                Files.createFile(socket);
            }
            for (int i = 0; i < CALLS_WHILE_AWAY; i++) {
                assertThatThrownBy(kubelet::list).isInstanceOf(IOException.class);
            }

            Server after = sockets.serve(socket, new Nothing());
            try {
                assertThat(kubelet.list()).isEmpty();
            } finally {
                after.shutdownNow();
            }
        }
    }

    private static final class Nothing extends PodResourcesListerGrpc.PodResourcesListerImplBase {
        @Override
        public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> response) {
            response.onNext(ListPodResourcesResponse.getDefaultInstance());
            response.onCompleted();
        }
    }
}
