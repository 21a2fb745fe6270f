package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnVariablesTest {

    private static final Map<String, String> DEFAULTS = Map.of(
            "migpool.instance.idle-ttl", "PT10M",
            "migpool.hami-core.hook-path", "/usr/local",
            "migpool.node.name", "",
            "server.port", "9394");

    @Test
    void aMisspeltVariableIsToldWhatItWasMeantToBe() {
        assertThat(strays("MIGPOOL_INSTANCE_IDLETTL", "MIGPOOL_LOG_LEVELS", "MIGPOOL_HAMICORE_HOOK_PATH"))
                .containsExactly(
                        "the environment variable MIGPOOL_HAMICORE_HOOK_PATH is ignored, there is no such setting; did you mean"
                                + " MIGPOOL_HAMI_CORE_HOOK_PATH?",
                        "the environment variable MIGPOOL_INSTANCE_IDLETTL is ignored, there is no such setting; did you mean"
                                + " MIGPOOL_INSTANCE_IDLE_TTL?",
                        "the environment variable MIGPOOL_LOG_LEVELS is ignored, there is no such setting; did you mean"
                                + " MIGPOOL_LOG_LEVEL?");
    }

    @Test
    void oneThatResemblesNothingIsNamed() {
        assertThat(strays("MIGPOOL_SERVER_KEEP_ALIVE_TIMEOUT"))
                .singleElement()
                .asString()
                .endsWith("is ignored, there is no such setting");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MIGPOOL_INSTANCE_IDLE_TTL",
                "MIGPOOL_LOG_LEVEL",
                "MIGPOOL_EXTENDER_HOLD_TIME",
                "MIGPOOL_EXTENDER_HOLDTIME",
                "MIGPOOL_MIG_MANAGER_DRAIN",
                "migpool.instance.idle-ttls",
                "MIGPOOLS",
                "PATH"
            })
    void settingsOfThisAndOtherApplicationsAndOtherNamesAreNot(String name) {
        assertThat(strays(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MIGPOOL_SERVICE_HOST",
                "MIGPOOL_PORT",
                "MIGPOOL_NODE_SERVICE_PORT_METRICS",
                "MIGPOOL_NODE_PORT",
                "MIGPOOL_NODE_PORT_9394_TCP",
                "MIGPOOL_DEVICE_PLUGIN_PORT_9394_TCP_ADDR"
            })
    void whatKubeletSetsForAServiceIsNot(String name) {
        assertThat(strays(name)).isEmpty();
    }

    private static List<String> strays(String... names) {
        Config config = TestConfigs.only(
                TestConfigs.defaults(DEFAULTS),
                TestConfigs.overrides(Arrays.stream(names).collect(Collectors.toMap(name -> name, name -> "1"))));
        return OwnVariables.of(config, Set.of("migpool.log.level")).strays(config);
    }
}
