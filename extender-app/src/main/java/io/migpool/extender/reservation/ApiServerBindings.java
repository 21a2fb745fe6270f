package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.extender.cluster.ApiServerClients;
import io.migpool.extender.cluster.PodKey;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Bindings at a Kubernetes API server ({@code pods/binding}). */
public final class ApiServerBindings implements BindingPort {

    private static final Pattern DNS_NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Set<Integer> TURNED_AWAY = Set.of(429);
    private static final Set<Integer> MAY_HAVE_LANDED = Set.of(408);
    private static final int CONFLICT = 409;

    private final KubernetesClient client;

    /**
     * @param client the application's client; stays open
     * @param requestTimeout how long one request may take
     */
    public ApiServerBindings(KubernetesClient client, Duration requestTimeout) {
        // Repeats are decided where holds are known, not by the client.
        this.client = ApiServerClients.once(client, requestTimeout);
    }

    @Override
    public Attempt bind(PodKey pod, String node, Map<String, String> annotations) {
        if (!DNS_NAME.matcher(pod.namespace()).matches()
                || !DNS_NAME.matcher(pod.name()).matches()) {
            return new Attempt.Refused("pod '" + pod + "' has no name that Kubernetes allows");
        }
        Binding binding = new BindingBuilder()
                .withNewMetadata()
                .withNamespace(pod.namespace())
                .withName(pod.name())
                .withUid(pod.uid())
                .withAnnotations(annotations)
                .endMetadata()
                .withNewTarget()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(node)
                .endTarget()
                .build();
        try {
            client.raw("/api/v1/namespaces/%s/pods/%s/binding".formatted(pod.namespace(), pod.name()), "POST", binding);
            return new Attempt.Bound();
        } catch (KubernetesClientException e) {
            return attempt(e);
        } catch (RuntimeException e) {
            // The client lets some failures of its transport pass as they are; it may have sent the request by then.
            return new Attempt.Unclear(e.toString());
        }
    }

    private static Attempt attempt(KubernetesClientException e) {
        int code = e.getCode();
        String message = message(e);
        if (code == CONFLICT) {
            return new Attempt.Conflict(message);
        }
        if (TURNED_AWAY.contains(code) || wasNotSent(e)) {
            return new Attempt.NotTaken(message);
        }
        return code >= 400 && code < 500 && !MAY_HAVE_LANDED.contains(code)
                ? new Attempt.Refused(message)
                : new Attempt.Unclear(message);
    }

    @Override
    public Reading read(PodKey pod) {
        try {
            Pod found = client.pods()
                    .inNamespace(pod.namespace())
                    .withName(pod.name())
                    .get();
            return found == null ? new Reading.Missing() : new Reading.Found(found);
        } catch (KubernetesClientException e) {
            return new Reading.Unclear(message(e));
        } catch (RuntimeException e) {
            return new Reading.Unclear(e.toString());
        }
    }

    private static boolean wasNotSent(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
                return true;
            }
        }
        return false;
    }

    private static String message(KubernetesClientException e) {
        String status = e.getStatus() == null ? null : e.getStatus().getMessage();
        return firstNonBlank(status, e.getMessage(), e.getClass().getSimpleName());
    }

    private static String firstNonBlank(@Nullable String... texts) {
        for (String text : texts) {
            if (text != null && !text.isBlank()) {
                return text;
            }
        }
        return "";
    }
}
