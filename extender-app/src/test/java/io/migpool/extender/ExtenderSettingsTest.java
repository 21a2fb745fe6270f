package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.helidon.config.mp.MpConfigSources;
import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.NodePolicy;
import io.migpool.extender.reservation.SchedulingSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExtenderSettingsTest {

    private static ExtenderSettings settings(Map<String, String> values) {
        Map<String, String> ours = new HashMap<>(values);
        ours.put("config_ordinal", "1000");
        return ExtenderSettings.from(ConfigProviderResolver.instance()
                .getBuilder()
                .addDefaultSources()
                .withSources(MpConfigSources.create(ours))
                .build());
    }

    @Test
    void everySettingHasADefault() {
        ExtenderSettings settings = settings(Map.of());

        assertThat(settings.scheduling()).isEqualTo(SchedulingSettings.DEFAULT);
        assertThat(settings.legacyMetrics()).isTrue();
        assertThat(settings.lease()).isEqualTo("kube-system/hami-scheduler");
        assertThat(settings.silence()).isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.policies().gpu()).containsExactly(GpuPolicy.FRAGMENTATION);
        assertThat(settings.policies().node()).contains(NodePolicy.FRAGMENTATION);
    }

    @Test
    void thePodsNameIsThatOfTheReplicaAndOfItsScheduler() {
        ExtenderSettings named = settings(Map.of("HOSTNAME", "scheduler-0"));
        assertThat(named.instance()).isEqualTo("scheduler-0");
        assertThat(named.host()).isEqualTo("scheduler-0");

        assertThat(settings(Map.of("HOSTNAME", "scheduler-0", "migpool.extender.host", ""))
                        .host())
                .as("not compared")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
            migpool.extender.hold-time, 60s, "an ISO 8601 duration of zero or more, such as PT10M or PT0.5S"
            migpool.extender.most-nodes, many, a whole number above 0
            migpool.extender.legacy-metrics, yes, false or true
            migpool.extender.lease, "", some text
            """)
    void aTypoIsRefusedWithTheKeyTheValueAndWhatIsExpected(String key, String value, String expected) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings(Map.of(key, value)))
                .withMessage("%s is '%s'; expected %s", key, value, expected);
    }

    @Test
    void aListOfPoliciesThatIsTooLongIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings(Map.of("migpool.scheduling.gpu-policy", "mutex,".repeat(3000))))
                .withMessage("migpool.scheduling.gpu-policy has 18000 characters, but may have at most 16384");
    }

    @Test
    void anUnknownPolicyIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings(Map.of("migpool.scheduling.gpu-policy", "tightest")))
                .withMessageContaining("migpool.scheduling.gpu-policy: unknown policy 'tightest'");
    }
}
