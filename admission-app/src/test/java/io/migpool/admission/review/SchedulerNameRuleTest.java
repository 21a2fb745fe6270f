package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.patch;
import static io.migpool.admission.review.ReviewFixtures.podWithLimits;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchedulerNameRuleTest {

    private final Rule rule = new SchedulerNameRule();

    @Test
    void thePodGoesToOurScheduler() throws Exception {
        assertThat(patch(rule, podWithLimits("{'nvidia.com/gpu': '1'}")))
                .isEqualTo(json("[{'op': 'add', 'path': '/spec/schedulerName', 'value': 'hami-scheduler'}]"));
    }

    @Test
    void withoutAConfiguredNameThePodKeepsItsOwn() throws Exception {
        assertThat(patch(rule, podWithLimits("{'nvidia.com/gpu': '1'}"), policy("", true)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "'', true, true",
        "default-scheduler, true, true",
        "default-scheduler, false, false",
        "hami-scheduler, false, true",
        "volcano, true, false"
    })
    void onlyPodsOfOurSchedulerOrOfNoneInParticularAreCovered(String scheduler, boolean overwrite, boolean covered) {
        assertThat(policy("hami-scheduler", overwrite).covers(scheduler)).isEqualTo(covered);
    }

    private static ReviewPolicy policy(String name, boolean overwriteDefault) {
        return new ReviewPolicy(
                ResourceNames.DEFAULT,
                RequestDefaults.NONE,
                name,
                overwriteDefault,
                false,
                "",
                CorePolicy.DEFAULT,
                Pool.UNKNOWN);
    }
}
