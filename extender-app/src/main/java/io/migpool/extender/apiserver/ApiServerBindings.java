package io.migpool.extender.apiserver;

import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.reservation.BindingPort;
import io.migpool.runtime.kubernetes.ApiServerClient;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Binds pods at a Kubernetes API server ({@code pods/binding}). */
public final class ApiServerBindings implements BindingPort {

    private static final Pattern DNS_NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Set<Integer> TURNED_AWAY = Set.of(429);
    private static final Set<Integer> MAY_HAVE_LANDED = Set.of(408);
    private static final int CONFLICT = 409;

    /** Time left for the client to report itself what timed out, and where. */
    private static final Duration TO_TELL = Duration.ofMillis(500);

    private final KubernetesClient client;
    private final Duration requestTimeout;

    /**
     * @param client the application's client; stays open
     * @param requestTimeout how long one request may take
     */
    public ApiServerBindings(KubernetesClient client, Duration requestTimeout) {
        // Retries are decided where holds are known, not by the client.
        this.client = ApiServerClient.once(client, requestTimeout);
        this.requestTimeout = requestTimeout;
    }

    @Override
    public Attempt bind(PodKey pod, String node, Map<String, String> annotations) {
        if (!DNS_NAME.matcher(pod.namespace()).matches()
                || !DNS_NAME.matcher(pod.name()).matches()) {
            return new Attempt.Refused("'" + pod + "' is not a valid pod name");
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
            post("api/v1/namespaces/%s/pods/%s/binding".formatted(pod.namespace(), pod.name()), binding);
            return new Attempt.Bound();
        } catch (KubernetesClientException e) {
            return attempt(e);
        } catch (RuntimeException e) {
            // The client does not wrap some failures of its transport; it may have sent the request by then.
            return new Attempt.Unclear(e.toString());
        }
    }

    /** The client's own method for arbitrary paths ignores the time-out of the request. */
    private void post(String path, Binding binding) {
        HttpClient http = client.getHttpClient();
        HttpRequest request = http.newHttpRequestBuilder()
                .uri(URI.create(client.getMasterUrl() + path))
                .method(
                        "POST",
                        "application/json",
                        client.getKubernetesSerialization().asJson(binding))
                .timeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .build();
        CompletableFuture<HttpResponse<String>> sent = http.sendAsync(request, String.class);
        HttpResponse<String> response;
        try {
            response = sent.get(requestTimeout.plus(TO_TELL).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KubernetesClientException("interrupted", e);
        } catch (TimeoutException e) {
            throw new KubernetesClientException("no answer within " + requestTimeout, e);
        } catch (ExecutionException e) {
            throw KubernetesClientException.launderThrowable(e.getCause());
        } finally {
            sent.cancel(true);
        }
        if (!response.isSuccessful()) {
            throw new KubernetesClientException(
                    "HTTP status " + response.code(), response.code(), status(response.body()));
        }
    }

    /** Returns null if the body is not a Status: proxies answer in formats of their own. */
    private @Nullable Status status(String body) {
        try {
            return client.getKubernetesSerialization().unmarshal(body, Status.class);
        } catch (RuntimeException e) {
            return null;
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
