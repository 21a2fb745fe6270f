package io.migpool.contracts.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaLimitsTest {

    private static ResourceQuota quota(String resource, String amount) {
        return new ResourceQuotaBuilder()
                .withNewSpec()
                .withHard(Map.of("limits.nvidia.com/" + resource, new Quantity(amount)))
                .endSpec()
                .build();
    }

    private static QuotaLimits limits(String resource, String amount, int factor) {
        return QuotaLimits.of(quota(resource, amount), ResourceNames.DEFAULT, new RequestDefaults(0, 0, 1, factor));
    }

    @ParameterizedTest
    @CsvSource({
        "8000, 1, 8000",
        "8k, 2, 16000",
        "2M, 1, 2000000",
        "0, 1024, 0",
        "512Mi, 1, 512",
        "16Gi, 1, 16384",
        "16Gi, 1024, 16384",
        "1G, 1, 953",
        "1G, 1024, 953",
        "17179869184, 1024, 16384",
        "8Ei, 2147483647, 8796093022208",
        "999999999, 2147483647, 2147483644852516353"
    })
    void memoryIsInUnitsOfTheFactorOrInBytes(String amount, int factor, long mebibytes) {
        assertThat(limits("gpumem", amount, factor).memoryMiB()).hasValue(mebibytes);
    }

    @ParameterizedTest
    @CsvSource({"16Gi, 1024", "16Gi, 1", "8000, 4", "1G, 2"})
    void aRequestAndAQuotaOfTheSameWordsAreEquallyLarge(String amount, int factor) {
        RequestOutcome.Accepted request = (RequestOutcome.Accepted)
                new GpuRequestParser(ResourceNames.DEFAULT, new RequestDefaults(0, 0, 1, factor))
                        .parse(Pods.of(Pods.limits("main", "gpu=1 gpumem=" + amount)));
        long asked =
                ((MemoryRequest.MiB) request.request().containers().getFirst().memory()).amount();

        assertThat(limits("gpumem", amount, factor).memoryMiB().orElseThrow()).isBetween(asked - 1, asked);
    }

    @Test
    void whatIsTooLargeIsNoLimitInPractice() {
        assertThat(limits("gpucores", "99999999999999999999999", 1).cores()).hasValue(Long.MAX_VALUE);
        assertThat(limits("gpucores", "200", 1024).cores()).hasValue(200);
        assertThat(limits("gpucores", "200", 1).memoryMiB()).isEmpty();
        assertThat(limits("gpu", "4", 1).isEmpty()).isTrue();
    }
}
