package io.migpool.contracts.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.migpool.contracts.kubelet.deviceplugin.AllocateResponse;
import io.migpool.contracts.kubelet.deviceplugin.CDIDevice;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginGrpc;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginOptions;
import io.migpool.contracts.kubelet.deviceplugin.RegisterRequest;
import io.migpool.contracts.kubelet.deviceplugin.RegistrationGrpc;
import io.migpool.contracts.kubelet.podresources.AllocatableResourcesResponse;
import io.migpool.contracts.kubelet.podresources.ContainerDevices;
import io.migpool.contracts.kubelet.podresources.GetPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Method names and field numbers are the contract; a rename in the proto file would not break the compiler. */
class KubeletProtocolTest {

    @Test
    void methodsHaveKubeletsNames() {
        assertThat(RegistrationGrpc.getServiceDescriptor().getMethods())
                .extracting(MethodDescriptor::getFullMethodName)
                .containsExactly("v1beta1.Registration/Register");
        assertThat(DevicePluginGrpc.getServiceDescriptor().getMethods())
                .extracting(MethodDescriptor::getFullMethodName)
                .containsExactlyInAnyOrder(
                        "v1beta1.DevicePlugin/GetDevicePluginOptions",
                        "v1beta1.DevicePlugin/ListAndWatch",
                        "v1beta1.DevicePlugin/GetPreferredAllocation",
                        "v1beta1.DevicePlugin/Allocate",
                        "v1beta1.DevicePlugin/PreStartContainer");
        assertThat(PodResourcesListerGrpc.getServiceDescriptor().getMethods())
                .extracting(MethodDescriptor::getFullMethodName)
                .containsExactlyInAnyOrder(
                        "v1.PodResourcesLister/List",
                        "v1.PodResourcesLister/GetAllocatableResources",
                        "v1.PodResourcesLister/Get");
    }

    @Test
    void fieldsHaveKubeletsNumbers() {
        HexFormat hex = HexFormat.of();
        RegisterRequest register = RegisterRequest.newBuilder()
                .setVersion("v")
                .setEndpoint("e")
                .setResourceName("r")
                .setOptions(DevicePluginOptions.newBuilder()
                        .setPreStartRequired(true)
                        .setGetPreferredAllocationAvailable(true))
                .build();
        AllocateResponse allocated = AllocateResponse.newBuilder()
                .addContainerResponses(ContainerAllocateResponse.newBuilder()
                        .addCdiDevices(CDIDevice.newBuilder().setName("c")))
                .build();
        ContainerDevices devices = ContainerDevices.newBuilder()
                .setResourceName("r")
                .addDeviceIds("d")
                .build();

        assertThat(hex.formatHex(register.toByteArray())).isEqualTo("0a0176" + "120165" + "1a0172" + "220408011001");
        assertThat(hex.formatHex(allocated.toByteArray())).isEqualTo("0a05" + "2a03" + "0a0163");
        assertThat(hex.formatHex(devices.toByteArray())).isEqualTo("0a0172" + "120164");
        assertThat(hex.formatHex(GetPodResourcesRequest.newBuilder()
                        .setPodName("p")
                        .setPodNamespace("n")
                        .build()
                        .toByteArray()))
                .isEqualTo("0a0170" + "12016e");
        assertThat(hex.formatHex(AllocatableResourcesResponse.newBuilder()
                        .addDevices(devices)
                        .build()
                        .toByteArray()))
                .isEqualTo("0a06" + "0a0172" + "120164");
    }
}
