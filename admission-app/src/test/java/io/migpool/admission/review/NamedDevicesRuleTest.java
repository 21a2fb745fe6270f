package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.opinion;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamedDevicesRuleTest {

    private final Rule rule = new NamedDevicesRule();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "migpool.io/gpu=mp-003",
                "nvidia.com/gpu=all",
                "none,migpool.io/gpu=mp-003",
                " migpool.io/gpu=mp-003",
                "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77",
                "MIG-9fb1e7d0-1c1c-5c5f-8b2c-7f5a5f0c7d10",
                "MIG-GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77/1/0",
                "/var/run/nvidia-container-devices",
                "$(KIND)$(SIGN)mp-003",
                "0,GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77"
            })
    void aContainerMayNotNameDevices(String value) throws Exception {
        assertThat(opinion(rule, pod(value)).denials()).singleElement().satisfies(denial -> {
            assertThat(denial.code()).isEqualTo(Denial.Code.FORBIDDEN);
            assertThat(denial.message())
                    .startsWith("container cuda: env NVIDIA_VISIBLE_DEVICES is '" + value.strip() + "'")
                    .contains("remove it");
        });
    }

    @Test
    void valuesThatNobodyCanSeeHereAreRefused() throws Exception {
        var pod = json("""
                {'spec': {'containers': [{'name': 'cuda', 'env': [{'name': 'NVIDIA_VISIBLE_DEVICES',
                    'valueFrom': {'configMapKeyRef': {'name': 'mine', 'key': 'devices'}}}]}]}}
                """);

        assertThat(opinion(rule, pod).denials()).singleElement().satisfies(denial -> assertThat(denial.message())
                .contains("(valueFrom)"));
    }

    @Test
    void everyContainerAndEveryRepetitionCounts() throws Exception {
        var pod = json("""
                {'spec': {'initContainers': [{'name': 'setup', 'env': [
                              {'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'migpool.io/gpu=mp-1'}]}],
                          'containers': [{'name': 'cuda', 'env': [
                              {'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'none'},
                              {'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'migpool.io/gpu=mp-2'}]}]}}
                """);

        assertThat(opinion(rule, pod).denials())
                .extracting(Denial::message)
                .satisfiesExactly(first -> assertThat(first).contains("setup", "mp-1"), second -> assertThat(second)
                        .contains("cuda", "mp-2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "none", "void"})
    void namingNoneIsFine(String value) throws Exception {
        assertThat(opinion(rule, pod(value))).isEqualTo(Opinion.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"all", "0", "0,1", "0:1,2"})
    void whatCopiedManifestsSayIsAdmittedWithAWarning(String value) throws Exception {
        Opinion opinion = opinion(rule, pod(value));

        assertThat(opinion.denials()).isEmpty();
        assertThat(String.join(" ", opinion.warnings()))
                .contains("container cuda", "NVIDIA_VISIBLE_DEVICES is " + value, "remove it");
    }

    @Test
    void otherVariablesAndOddListsAreNoneOfItsBusiness() throws Exception {
        assertThat(opinion(rule, json("""
                        {'spec': {'containers': [
                            {'name': 'a', 'env': [{'name': 'VISIBLE', 'value': 'migpool.io/gpu=mp-1'}, 7, null]},
                            {'name': 'b', 'env': 'text'}, {'name': 'c'}]}}
                        """))).isEqualTo(Opinion.NONE);
    }

    private static ObjectNode pod(String value) throws Exception {
        var pod = (ObjectNode) json("{'spec': {'containers': [{'name': 'cuda', 'env': []}]}}");
        ((ArrayNode) pod.at("/spec/containers/0/env"))
                .addObject()
                .put("name", "NVIDIA_VISIBLE_DEVICES")
                .put("value", value);
        return pod;
    }
}
