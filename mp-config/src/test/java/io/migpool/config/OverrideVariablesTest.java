package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverrideVariablesTest {

    @Test
    void aMisspeltVariableIsToldWhatItWasMeantToBe() {
        assertThat(strays("DEVICE_CONFIG_NVIDIA_DEFAULTCORE", "NODE_CONFIG_NODECONFIG_12_OPERATIONMODE"))
                .containsExactly(
                        "the environment variable DEVICE_CONFIG_NVIDIA_DEFAULTCORE is ignored, device-config.yaml has no such"
                                + " key; did you mean DEVICE_CONFIG_NVIDIA_DEFAULTCORES?",
                        "the environment variable NODE_CONFIG_NODECONFIG_12_OPERATIONMODE is ignored, config.json has no such"
                                + " key; did you mean NODE_CONFIG_NODECONFIG_12_OPERATINGMODE?");
    }

    @Test
    void oneThatResemblesNothingIsNamed() {
        assertThat(strays("DEVICE_CONFIG_AMD")).singleElement().asString().endsWith("has no such key");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DEVICE_CONFIG_NVIDIA_DEFAULTGPUNUM",
                "DEVICE_CONFIG_NVIDIA_KNOWNMIGGEOMETRIES_0_ALLOWEDGEOMETRIES_0_0_COUNT",
                "DEVICE_CONFIG_MIGPROFILEALLOWLIST_0_PROFILES",
                "NODE_CONFIG_NODECONFIG_0_OPERATINGMODE",
                "NODE_CONFIG_NODECONFIG_3_FILTERDEVICES_INDEX",
                "NODE_CONFIG_NODECONFIG_0_GPUS_0_UUID",
                "device-config.nvidia.defaultCore",
                "DEVICE_CONFIGURATION",
                "PATH"
            })
    void overridesAndOtherNamesAreNot(String name) {
        assertThat(strays(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DEVICE_CONFIG_SERVICE_HOST",
                "DEVICE_CONFIG_SERVICE_PORT",
                "NODE_CONFIG_API_SERVICE_PORT_HTTPS",
                "NODE_CONFIG_PORT",
                "NODE_CONFIG_API_PORT_443_TCP",
                "DEVICE_CONFIG_PORT_53_UDP_ADDR",
                "MIGPOOL_ADMISSION_SERVICE_HOST",
                "MIGPOOL_ADMISSION_PORT_443_TCP_PROTO"
            })
    void whatKubeletSetsForAServiceIsNot(String name) {
        assertThat(strays(name)).isEmpty();
    }

    @Test
    void theLogSaysItAtStart() {
        List<String> lines = new ArrayList<>();
        Handler recorder = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(PoolSettings.class.getName());
        logger.addHandler(recorder);
        try (PoolSettings settings = PoolSettings.open(TestConfigs.discovered(TestConfigs.overrides(
                Map.of("migpool.config.source", "none", "DEVICE_CONFIG_NVIDIA_DEFAULTCORE", "30"))))) {
            assertThat(settings.devices().current()).isEqualTo(DeviceSettings.DEFAULT);
        } finally {
            logger.removeHandler(recorder);
        }

        assertThat(lines).anyMatch(line -> line.contains("DEVICE_CONFIG_NVIDIA_DEFAULTCORE is ignored"));
    }

    private static List<String> strays(String... names) {
        return OverrideVariables.KNOWN.strays(TestConfigs.only(
                TestConfigs.overrides(Arrays.stream(names).collect(Collectors.toMap(name -> name, name -> "1")))));
    }
}
