package io.migpool.admission.tls;

import static java.net.HttpURLConnection.HTTP_CONFLICT;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the API server trust the certificates by keeping the {@code caBundle} of our webhooks up to date. Another
 * replica may serve a certificate of an authority that this one does not have, or has no longer, so other authorities
 * in the bundle stay for a while. Used by one thread at a time.
 */
final class WebhookTrust {

    /** Longer than kubelets take to bring a changed Secret to all replicas. */
    private static final Duration OTHERS_STAY = Duration.ofMinutes(10);

    /** Another replica may hold a new certificate back for an interval after the check at which it sees it. */
    private static final int INTERVALS = 3;

    /** Prefix of the annotations that request cert-manager's injector. */
    private static final String INJECTED = "cert-manager.io/inject-";
    /** A lost race is resolved by reading again; if attempts run out, the next check retries. */
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;
    private final String configuration;
    private final InstantSource clock;
    private final Duration othersStay;
    /** When authorities that are not ours were first seen in a bundle. */
    private final Map<X509Certificate, Instant> others = new HashMap<>();

    /**
     * Creates the trust for one pair of configurations.
     *
     * @param client the API server
     * @param configuration name of the mutating and of the validating configuration; neither need exist yet
     * @param checkInterval time between the checks of each replica
     */
    WebhookTrust(KubernetesClient client, String configuration, Duration checkInterval, InstantSource clock) {
        this.client = client;
        this.configuration = configuration;
        Duration intervals = checkInterval.multipliedBy(INTERVALS);
        this.othersStay = intervals.compareTo(OTHERS_STAY) > 0 ? intervals : OTHERS_STAY;
        this.clock = clock;
    }

    /**
     * Makes every webhook of the configurations trust the authorities.
     *
     * @return whether all webhooks trusted them before
     * @throws KubernetesClientException if the API server refuses the change
     */
    boolean publish(List<X509Certificate> authorities) {
        return publish(authorities, any -> true);
    }

    /** As {@link #publish(List)}, but skips a configuration whose bundle cert-manager maintains. */
    boolean publishUnlessInjected(List<X509Certificate> authorities) {
        return publish(
                authorities,
                present ->
                        Optional.ofNullable(present.getMetadata().getAnnotations()).orElse(Map.of()).keySet().stream()
                                .noneMatch(key -> key.startsWith(INJECTED)));
    }

    private boolean publish(List<X509Certificate> authorities, Predicate<HasMetadata> ours) {
        var admission = client.admissionRegistration().v1();
        Set<X509Certificate> kept = new HashSet<>();
        boolean mutating = publish(
                admission.mutatingWebhookConfigurations().withName(configuration),
                webhooks -> webhooks.getWebhooks().stream().map(MutatingWebhook::getClientConfig),
                ours,
                authorities,
                kept);
        boolean validating = publish(
                admission.validatingWebhookConfigurations().withName(configuration),
                webhooks -> webhooks.getWebhooks().stream().map(ValidatingWebhook::getClientConfig),
                ours,
                authorities,
                kept);
        others.keySet().retainAll(kept);
        return mutating && validating;
    }

    /** Replaces only the version that it has read, because another replica may be writing too. */
    private <T extends HasMetadata> boolean publish(
            Resource<T> resource,
            Function<T, Stream<WebhookClientConfig>> webhooks,
            Predicate<HasMetadata> ours,
            List<X509Certificate> authorities,
            Set<X509Certificate> kept) {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            T present = resource.get();
            if (present == null || !ours.test(present)) {
                return true;
            }
            List<Set<X509Certificate>> bundles = webhooks.apply(present)
                    .map(webhook -> certificates(webhook.getCaBundle()))
                    .toList();
            List<X509Certificate> staying = bundles.stream()
                    .flatMap(Set::stream)
                    .filter(authority -> !authorities.contains(authority))
                    .filter(this::stays)
                    .toList();
            kept.addAll(staying);
            Set<X509Certificate> wanted = new LinkedHashSet<>(authorities);
            wanted.addAll(staying);
            if (bundles.stream().allMatch(wanted::equals)) {
                return true;
            }
            String caBundle = caBundle(wanted);
            webhooks.apply(present).forEach(webhook -> webhook.setCaBundle(caBundle));
            try {
                var _ = client.resource(present)
                        .lockResourceVersion(present.getMetadata().getResourceVersion())
                        .update();
                return bundles.stream().allMatch(bundle -> bundle.containsAll(authorities));
            } catch (KubernetesClientException e) {
                if (e.getCode() != HTTP_CONFLICT) {
                    throw e;
                }
            }
        }
        return false;
    }

    private boolean stays(X509Certificate other) {
        Instant now = clock.instant();
        Instant since = others.computeIfAbsent(other, _ -> now);
        return now.isBefore(since.plus(othersStay))
                && other.getNotAfter().toInstant().isAfter(now);
    }

    /** Reads a bundle. Unreadable content counts as empty, because no client trusts it either. */
    private static Set<X509Certificate> certificates(@Nullable String caBundle) {
        if (caBundle == null || caBundle.isEmpty()) {
            return Set.of();
        }
        try {
            return new LinkedHashSet<>(
                    Pem.certificates(new String(Base64.getDecoder().decode(caBundle), StandardCharsets.UTF_8)));
        } catch (IOException | IllegalArgumentException e) {
            return Set.of();
        }
    }

    private static String caBundle(Collection<X509Certificate> authorities) {
        return Base64.getEncoder()
                .encodeToString(Pem.write(List.copyOf(authorities)).getBytes(StandardCharsets.UTF_8));
    }
}
