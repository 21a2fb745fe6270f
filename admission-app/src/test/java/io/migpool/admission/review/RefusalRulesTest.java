package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.opinion;
import static io.migpool.admission.review.ReviewFixtures.podWithLimits;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RefusalRulesTest {

    @Nested
    class Privileged {

        private final Rule rule = new PrivilegedContainerRule();

        @Test
        void everyPrivilegedContainerIsNamed() throws Exception {
            var pod = json("""
                    {'spec': {'initContainers': [{'name': 'setup', 'securityContext': {'privileged': true}}],
                              'containers': [{'name': 'cuda', 'securityContext': {'privileged': true}}, {'name': 'web'}]}}
                    """);

            assertThat(opinion(rule, pod).denials())
                    .allMatch(denial -> denial.code() == Denial.Code.FORBIDDEN)
                    .extracting(Denial::message)
                    .satisfiesExactly(
                            first ->
                                    assertThat(first).startsWith("container setup: securityContext.privileged is true"),
                            second -> assertThat(second)
                                    .startsWith("container cuda: securityContext.privileged is true"));
        }

        @Test
        void privilegesThatAreOffOrUnsetAreFine() throws Exception {
            var pod = json("""
                    {'spec': {'containers': [{'name': 'a', 'securityContext': {'privileged': false}},
                                             {'name': 'b', 'securityContext': null}, {'name': 'c'}]}}
                    """);

            assertThat(opinion(rule, pod)).isEqualTo(Opinion.NONE);
        }

        @Test
        void aContainerWithoutANameIsCalledByItsPlace() throws Exception {
            var pod = json("{'spec': {'containers': [{'securityContext': {'privileged': true}}]}}");

            assertThat(opinion(rule, pod).denials().getFirst().message()).startsWith("container containers[0]:");
        }
    }

    @Nested
    class AssignedNode {

        private final Rule rule = new AssignedNodeRule();

        @Test
        void aPodThatNamesItsNodeIsToldWhatToUseInstead() throws Exception {
            assertThat(opinion(rule, json("{'spec': {'nodeName': 'node-7'}}")).denials())
                    .singleElement()
                    .extracting(Denial::message)
                    .asString()
                    .startsWith("spec.nodeName is node-7")
                    .endsWith("use spec.nodeSelector with kubernetes.io/hostname: node-7 instead");
        }

        @Test
        void aPodWithoutOneIsFine() throws Exception {
            assertThat(opinion(rule, json("{'spec': {'nodeName': ''}}"))).isEqualTo(Opinion.NONE);
            assertThat(opinion(rule, json("{'spec': {}}"))).isEqualTo(Opinion.NONE);
        }
    }

    @Nested
    class MalformedRequest {

        private final Rule rule = new MalformedRequestRule();

        @Test
        void everyProblemIsADenialOfItsOwn() throws Exception {
            var pod = podWithLimits("{'nvidia.com/gpu': '0', 'nvidia.com/gpumem-percentage': '140'}");

            assertThat(opinion(rule, pod).denials())
                    .allMatch(denial -> denial.code() == Denial.Code.INVALID)
                    .extracting(Denial::message)
                    .satisfiesExactlyInAnyOrder(
                            count -> assertThat(count).startsWith("container cuda: nvidia.com/gpu is 0; "),
                            share -> assertThat(share)
                                    .startsWith("container cuda: nvidia.com/gpumem-percentage is 140; "));
        }

        @Test
        void aRequestThatCanBeUnderstoodIsFine() throws Exception {
            assertThat(opinion(rule, podWithLimits("{'nvidia.com/gpu': '1'}"))).isEqualTo(Opinion.NONE);
            assertThat(opinion(rule, podWithLimits("{'cpu': '1'}"))).isEqualTo(Opinion.NONE);
        }
    }
}
