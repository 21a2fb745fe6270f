package io.migpool.testbed.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.testbed.scheduler.ScorePlugin;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeSchedulerConfigurationTest {

    @Test
    void aDisabledPluginDoesNotScore() throws IOException {
        assertThat(configuration("plugins: {score: {disabled: [{name: '*'}]}}").scores())
                .containsEntry("gpu", Set.of())
                .containsEntry("default-scheduler", Set.of(ScorePlugin.values()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            plugins: {score: {enabled: [{name: NodeAffinity, weight: 5}]}} | profiles[0].plugins.score.enabled
            plugins: {multiPoint: {disabled: [{name: NodeResourcesFit}]}}  | profiles[0].plugins.multiPoint
            pluginConfig: [{name: NodeResourcesFit}]                       | profiles[0].pluginConfig
            """)
    void whatTheDoubleDoesNotFollowIsRefused(String setting, String field) throws IOException {
        KubeSchedulerConfiguration configuration = configuration(setting);

        assertThatThrownBy(configuration::scores)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith(field + " is not followed by this scheduler double");
    }

    private static KubeSchedulerConfiguration configuration(String setting) throws IOException {
        return KubeSchedulerConfiguration.parse("profiles: [{schedulerName: gpu, " + setting + "}]", "a test");
    }
}
