package io.migpool.testbed.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a refused request looks like. */
final class Refusals {

    private Refusals() {}

    /** Requires that a call is refused with this code and reason, and a message that contains the text. */
    static void assertRefused(ThrowingCallable call, int code, String reason, String text) {
        assertThatThrownBy(call).isInstanceOfSatisfying(KubernetesClientException.class, refused -> {
            assertThat(refused.getCode()).isEqualTo(code);
            assertThat(refused.getStatus().getReason()).isEqualTo(reason);
            assertThat(refused.getStatus().getMessage()).contains(text);
        });
    }

    /** Requires that a call is refused with 422 and that one of the causes is this field, with this reason and text. */
    static void assertInvalid(ThrowingCallable call, String field, String reason, String text) {
        assertThatThrownBy(call).isInstanceOfSatisfying(KubernetesClientException.class, refused -> {
            assertThat(refused.getCode()).isEqualTo(422);
            assertThat(refused.getStatus().getReason()).isEqualTo("Invalid");
            assertThat(refused.getStatus().getDetails().getCauses()).anySatisfy(cause -> {
                assertThat(cause.getField()).isEqualTo(field);
                assertThat(cause.getReason()).isEqualTo(reason);
                assertThat(cause.getMessage()).contains(text);
            });
        });
    }
}
