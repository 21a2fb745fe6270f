package io.migpool.contracts.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.contracts.RandomValues;
import io.migpool.contracts.request.RequestOutcome.Rejected;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestProblemsTest {

    private static final long SEED = 77120;
    private static final GpuRequestParser PARSER = new GpuRequestParser(ResourceNames.DEFAULT, RequestDefaults.NONE);

    @ParameterizedTest
    @CsvSource({
        "gpu=0,                        nvidia.com/gpu is 0; ask for 1 or more",
        "gpu=-1,                       nvidia.com/gpu is -1; ask for 1 or more",
        "gpu=1500m,                    nvidia.com/gpu is 1500m; ask for a whole number of devices up to 1024",
        "gpu=1025,                     nvidia.com/gpu is 1025; ask for a whole number of devices up to 1024",
        "gpu=1 gpumem=-1,              nvidia.com/gpumem is -1; ask for 1 or more MiB",
        "gpu=1 gpumem=-8Gi,            nvidia.com/gpumem is -8Gi; ask for 1 or more MiB",
        "gpumem=-1,                    nvidia.com/gpumem is -1; ask for 1 or more MiB",
        "gpu=1 gpumem-percentage=140,  nvidia.com/gpumem-percentage is 140; ask for a whole number from 1 to 100",
        "gpu=1 gpumem-percentage=101,  nvidia.com/gpumem-percentage is 101; ask for a whole number from 1 to 100",
        "gpu=1 gpumem-percentage=-1,   nvidia.com/gpumem-percentage is -1; ask for a whole number from 1 to 100",
        "gpu=1 gpumem-percentage=500m, nvidia.com/gpumem-percentage is 500m; ask for a whole number from 1 to 100",
        "gpu=1 gpucores=-5,            nvidia.com/gpucores is -5; ask for a whole number from 0 to 100",
        "gpu=1 gpucores=100m,          nvidia.com/gpucores is 100m; ask for a whole number from 0 to 100"
    })
    void aProblemNamesContainerFieldValueAndRemedy(String limits, String message) {
        assertThat(rejected(Pods.of(Pods.limits("main", limits))).message()).startsWith("container main: " + message);
    }

    @Test
    void percentagesOutsideTheScaleAreRefusedThoughHamiTakesThemForAWholeGpu() {
        // HAMi's scheduler clamps 150 to 100 and reads -1 as absent: the pod would silently get more than it asked for.
        assertThat(rejected(Pods.of(Pods.limits("main", "gpu=1 gpumem-percentage=150")))
                        .problems())
                .hasSize(1);
    }

    @Test
    void allProblemsOfAPodAreToldAtOnce() {
        Pod pod = Pods.of(
                List.of(Pods.limits("warm", "gpu=0 gpucores=-1")),
                List.of(Pods.limits("fine", "gpu=1"), Pods.limits("main", "gpu=1 gpumem=-1 gpumem-percentage=140")));

        assertThat(rejected(pod).problems())
                .extracting(RequestProblem::container, RequestProblem::field, RequestProblem::value)
                .containsExactly(
                        tuple("warm", "nvidia.com/gpu", "0"),
                        tuple("warm", "nvidia.com/gpucores", "-1"),
                        tuple("main", "nvidia.com/gpumem", "-1"),
                        tuple("main", "nvidia.com/gpumem-percentage", "140"));
    }

    @Test
    void containersThatTogetherAskForTooManyDevicesAreRefused() {
        List<Container> init = List.of(Pods.limits("fetch", "gpu=24"));

        Rejected rejected = rejected(Pods.of(
                init, List.of(Pods.limits("a", "gpu=500"), Pods.limits("b", "gpu=501"), Pods.limits("c", "gpu=1024"))));
        assertThat(rejected.message())
                .isEqualTo("container b: nvidia.com/gpu is 501;"
                        + " let all containers of the pod together ask for up to 1024 devices");

        assertThat(PARSER.parse(Pods.of(init, List.of(Pods.limits("a", "gpu=500"), Pods.limits("b", "gpu=500")))))
                .isInstanceOf(RequestOutcome.Accepted.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lots",
                "8 k",
                "8kk",
                "8Gib",
                "1e",
                "1e+",
                "e3",
                "Gi",
                "--1",
                "0x10",
                "5k3",
                "1e999999999",
                "1e99999999",
                "1e-99999999",
                "1_000",
                "٣",
                "NaN",
                "1,5"
            })
    void whatIsNoQuantityIsRefusedAsTheUserWroteItAndAtOnce(String value) {
        for (String resource : ResourceNames.DEFAULT.requesting()) {
            Rejected outcome =
                    assertTimeoutPreemptively(Duration.ofMinutes(1), () -> rejected(Pods.of(withRaw(resource, value))));
            assertThat(outcome.message())
                    .isEqualTo("container main: %s is %s; write a Kubernetes quantity, for example 8000 or 8Gi"
                            .formatted(resource, value));
        }
    }

    @Test
    void anEmptyQuantityIsShownAsEmpty() {
        Container container = new ContainerBuilder()
                .withName("main")
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity())
                .endResources()
                .build();

        assertThat(rejected(Pods.of(container)).message()).startsWith("container main: nvidia.com/gpu is empty;");
    }

    @ParameterizedTest
    @CsvSource({"8000, -8000", "'\"8k\"', -8k", "'\"0.5Gi\"', -0.5Gi", "1000000, -1000000", "'\"1e3\"', -1e3"})
    void valuesAreShownAsTheApiServerSendsThem(String json, String shown) throws Exception {
        String negative = json.startsWith("\"") ? "\"-" + json.substring(1) : "-" + json;
        Pod pod = JsonMapper.builder()
                .build()
                .readValue(
                        "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"limits\":{\"nvidia.com/gpumem\":%s}}}]}}"
                                .formatted(negative),
                        Pod.class);

        assertThat(rejected(pod).problems()).extracting(RequestProblem::value).containsExactly(shown);
    }

    @Test
    void noQuantityWhateverBreaksTheParser() {
        RandomValues random = new RandomValues(SEED);
        List<String> seeds = List.of("8000", "8k", "16Gi", "1e3", "-1", "0.5", "1500m", ".5Mi");
        for (int i = 0; i < 20_000; i++) {
            String value = random.mutated(random.oneOf(seeds), "0123456789.eE+-kKMGTPiunm \u00fc");
            String resource = random.oneOf(ResourceNames.DEFAULT.requesting());
            RequestOutcome outcome = PARSER.parse(Pods.of(withRaw(resource, value)));
            if (outcome instanceof Rejected refused) {
                assertThat(refused.message())
                        .as("%s, case %d", random, i)
                        .contains(resource + " is " + (value.isBlank() ? "empty" : value) + ";");
            } else {
                assertThat(outcome).as("%s, case %d: %s", random, i, value).isInstanceOf(RequestOutcome.Accepted.class);
            }
        }
    }

    @Test
    void valuesOfTheVocabularyRefuseNonsense() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MemoryRequest.MiB(0))
                .withMessageContaining("0 MiB");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MemoryRequest.Percentage(101))
                .withMessageContaining("101 %");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RequestDefaults(0, 101, 1, 1))
                .withMessageContaining("defaultCores 101");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ContainerGpuRequest(
                        "main", 0, ContainerGpuRequest.Role.APP, 0, false, new MemoryRequest.WholeGpu(), 0, false))
                .withMessageContaining("0 devices");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PodGpuRequest(List.of(), 1))
                .withMessageContaining("0 containers");
    }

    /** Returns a container with a quantity that no constructor has validated, because it was set field by field. */
    private static Container withRaw(String resource, String value) {
        return new ContainerBuilder()
                .withName("main")
                .withNewResources()
                .addToLimits(resource, new Quantity(value, ""))
                .endResources()
                .build();
    }

    private static Rejected rejected(Pod pod) {
        RequestOutcome outcome = PARSER.parse(pod);
        assertThat(outcome).isInstanceOf(Rejected.class);
        return (Rejected) outcome;
    }
}
