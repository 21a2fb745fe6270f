package io.migpool.contracts.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.contracts.request.ContainerGpuRequest.Role;
import io.migpool.contracts.request.RequestOutcome.Accepted;
import io.migpool.contracts.request.RequestOutcome.NoRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GpuRequestParserTest {

    private static final GpuRequestParser PARSER = new GpuRequestParser(ResourceNames.DEFAULT, RequestDefaults.NONE);

    @ParameterizedTest
    @CsvSource({
        "gpu=1,                              a whole GPU",
        "gpu=1 gpumem=4096,                  4096 MiB",
        "gpu=1 gpumem=8k,                    8000 MiB",
        "gpu=1 gpumem=8000,                  8000 MiB",
        "gpu=1 gpumem=1e3,                   1000 MiB",
        "gpu=1 gpumem=1E3,                   1000 MiB",
        "gpu=1 gpumem=1M,                    1000000 MiB",
        "gpu=1 gpumem=1048575,               1048575 MiB",
        "gpu=1 gpumem=1048576,               1 MiB",
        "gpu=1 gpumem=1Mi,                   1 MiB",
        "gpu=1 gpumem=16Gi,                  16384 MiB",
        "gpu=1 gpumem=10Gi,                  10240 MiB",
        "gpu=1 gpumem=1G,                    954 MiB",
        "gpu=1 gpumem=1.5Gi,                 1536 MiB",
        "gpu=1 gpumem=0.5Gi,                 512 MiB",
        "gpu=1 gpumem=.5,                    1 MiB",
        "gpu=1 gpumem=1500m,                 2 MiB",
        "gpu=1 gpumem=1n,                    1 MiB",
        "gpu=1 gpumem=1048577,               2 MiB",
        "gpu=1 gpumem=1e99,                  9223372036854775807 MiB",
        "gpu=1 gpumem=0,                     a whole GPU",
        "gpu=1 gpumem-percentage=50,         50 %",
        "gpu=1 gpumem-percentage=100,        100 %",
        "gpu=1 gpumem-percentage=0,          a whole GPU",
        "gpu=1 gpumem=2000 gpumem-percentage=0,  2000 MiB",
        "gpu=1 gpumem=2000 gpumem-percentage=50, 2000 MiB",
        "gpu=1 gpumem=0 gpumem-percentage=50,    50 %"
    })
    void memoryIsReadByItsNumericValue(String limits, String memory) {
        assertThat(single(limits).memory()).hasToString(memory);
    }

    @Test
    void sixteenGiIsSixteenGibibytesThoughHamiTakesItForNoRequest() {
        // HAMi reads only plain integers and drops the whole request, so that the pod runs without its GPU.
        assertThat(single("gpu=1 gpumem=16Gi").memory()).isEqualTo(new MemoryRequest.MiB(16_384));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "1k, 1000", "1024, 1024", "1e2, 100", "2000m, 2"})
    void theCountIsReadByItsNumericValue(String count, int devices) {
        assertThat(single("gpu=" + count).devices()).isEqualTo(devices);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "30, 30", "100, 100", "120, 100", "1e9, 100"})
    void computeAboveAHundredPercentIsAHundred(String cores, int expected) {
        assertThat(single("gpu=1 gpucores=" + cores).cores()).isEqualTo(expected);
    }

    @Test
    void aCountIsTakenFromTheDefaultsWhereOnlyASizeIsGiven() {
        assertThat(single("gpumem=8000"))
                .isEqualTo(
                        new ContainerGpuRequest("main", 0, Role.APP, 1, true, new MemoryRequest.MiB(8000), 0, false));
        assertThat(single("gpumem-percentage=50").countDefaulted()).isTrue();
        assertThat(single("gpucores=50").countDefaulted()).isTrue();
        assertThat(single("gpu=1 gpumem=8000").countDefaulted()).isFalse();
        assertThat(parse(new RequestDefaults(0, 0, 3, 1), Pods.of(Pods.limits("main", "gpumem=1")))
                        .containers()
                        .getFirst()
                        .devices())
                .isEqualTo(3);
    }

    @Test
    void withoutADefaultCountASizeAloneIsNoRequest() {
        GpuRequestParser parser = new GpuRequestParser(ResourceNames.DEFAULT, new RequestDefaults(0, 0, 0, 1));

        assertThat(parser.parse(Pods.of(Pods.limits("main", "gpumem=8000")))).isInstanceOf(NoRequest.class);
        assertThat(parser.parse(Pods.of(Pods.limits("main", "gpu=1 gpumem=8000"))))
                .isInstanceOf(Accepted.class);
    }

    @Test
    void defaultsApplyWhereTheContainerIsSilent() {
        RequestDefaults defaults = new RequestDefaults(512, 20, 1, 1);

        ContainerGpuRequest silent = parse(defaults, Pods.of(Pods.limits("main", "gpu=1")))
                .containers()
                .getFirst();
        assertThat(silent.memory()).isEqualTo(new MemoryRequest.MiB(512));
        assertThat(silent.cores()).isEqualTo(20);
        assertThat(silent.instanceCores()).as("what an instance must have").isZero();
        ContainerGpuRequest explicit = parse(
                        defaults, Pods.of(Pods.limits("main", "gpu=1 gpumem-percentage=25 gpucores=0")))
                .containers()
                .getFirst();
        assertThat(explicit.memory()).isEqualTo(new MemoryRequest.Percentage(25));
        assertThat(explicit.cores()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "gpu=1,                                0,  0",
        "gpu=1 gpumem-percentage=100,          0,  0",
        "gpu=1 gpucores=70,                    70, 70",
        "gpu=1 gpumem=8000,                    20, 0",
        "gpu=1 gpumem=8000 gpucores=20,        20, 20",
        "gpu=1 gpumem-percentage=99,           20, 0"
    })
    void aDefaultOfComputeIsForThoseWhoShareAGpu(String limits, int cores, int instanceCores) {
        ContainerGpuRequest request = parse(new RequestDefaults(0, 20, 1, 1), Pods.of(Pods.limits("main", limits)))
                .containers()
                .getFirst();

        assertThat(request.cores()).isEqualTo(cores);
        assertThat(request.instanceCores()).isEqualTo(instanceCores);
    }

    @ParameterizedTest
    @CsvSource({"1024, 2048", "0.5, 1", "16Gi, 16384"})
    void theMemoryFactorScalesPlainNumbersButNotBytes(String memory, long mebibytes) {
        PodGpuRequest request =
                parse(new RequestDefaults(0, 0, 1, 2), Pods.of(Pods.limits("main", "gpu=1 gpumem=" + memory)));

        assertThat(request.containers().getFirst().memory()).isEqualTo(new MemoryRequest.MiB(mebibytes));
    }

    @Test
    void limitsWinOverRequestsResourceByResource() {
        Pod pod = Pods.of(Pods.container("main", "gpu=2", "gpu=1 gpumem=4000"));

        assertThat(parse(RequestDefaults.NONE, pod).containers())
                .containsExactly(
                        new ContainerGpuRequest("main", 0, Role.APP, 2, false, new MemoryRequest.MiB(4000), 0, false));
    }

    @Test
    void initContainersAreCountedFirstAndSidecarsToldApart() {
        Pod pod = Pods.of(
                List.of(Pods.limits("fetch", ""), Pods.limits("warm", "gpu=1"), Pods.sidecar("log", "gpumem=1000")),
                List.of(Pods.limits("main", "gpu=2 gpumem=8000"), Pods.limits("plain", "cpu=1")));

        PodGpuRequest request = parse(RequestDefaults.NONE, pod);

        assertThat(request.containerCount()).isEqualTo(5);
        assertThat(request.namesEveryCount()).isFalse();
        assertThat(request.containers())
                .extracting(ContainerGpuRequest::container, ContainerGpuRequest::index, ContainerGpuRequest::role)
                .containsExactly(
                        tuple("warm", 1, Role.INIT), tuple("log", 2, Role.SIDECAR), tuple("main", 3, Role.APP));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cpu=1", "priority=0", "mig-1g.10gb=1"})
    void aPodWithoutOurResourcesHasNoRequest(String limits) {
        assertThat(PARSER.parse(Pods.of(Pods.limits("main", limits)))).isInstanceOf(NoRequest.class);
    }

    @Test
    void aPodWithNothingInItHasNoRequest() {
        assertThat(PARSER.parse(new Pod())).isInstanceOf(NoRequest.class);
        assertThat(PARSER.parse(new PodBuilder().withNewSpec().endSpec().build()))
                .isInstanceOf(NoRequest.class);
        assertThat(PARSER.parse(Pods.of(new ContainerBuilder().withName("main").build())))
                .isInstanceOf(NoRequest.class);
    }

    @Test
    void resourceNamesAreConfigurable() {
        ResourceNames names = new ResourceNames("nvidia.com/gpualloc", "m", "p", "c", "x");
        Pod pod = Pods.of(Pods.limits("main", "gpualloc=1 gpu=5"));

        RequestOutcome outcome = new GpuRequestParser(names, RequestDefaults.NONE).parse(pod);

        assertThat(outcome).isInstanceOfSatisfying(Accepted.class, accepted -> assertThat(
                        accepted.request().containers().getFirst().devices())
                .isEqualTo(1));
    }

    private static ContainerGpuRequest single(String limits) {
        List<ContainerGpuRequest> containers = parse(RequestDefaults.NONE, Pods.of(Pods.limits("main", limits)))
                .containers();
        assertThat(containers).hasSize(1);
        return containers.getFirst();
    }

    private static PodGpuRequest parse(RequestDefaults defaults, Pod pod) {
        RequestOutcome outcome = new GpuRequestParser(ResourceNames.DEFAULT, defaults).parse(pod);
        assertThat(outcome).isInstanceOf(Accepted.class);
        return ((Accepted) outcome).request();
    }
}
