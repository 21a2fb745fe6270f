package io.migpool.extender.apiserver;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.extender.cluster.ConsistentReads;
import io.migpool.runtime.kubernetes.ApiServerClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads consistently from a Kubernetes API server: no resourceVersion is given, so no cache may answer. */
public final class ApiServerReads implements ConsistentReads {

    private static final long PAGE = 500;

    /** Pods that have ended occupy nothing, and there may be thousands. */
    private static final String BOUND = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed";

    private final KubernetesClient client;
    private final String leaseNamespace;
    private final String leaseName;
    private final InstantSource wall;

    /**
     * @param client the application's client; stays open
     * @param requestTimeout how long one request may take
     * @param lease namespace and name of the lease by which schedulers elect their leader, with a slash between
     * @param wall the clock by which holders renew the lease
     */
    public ApiServerReads(KubernetesClient client, Duration requestTimeout, String lease, InstantSource wall) {
        int slash = lease.indexOf('/');
        if (slash < 1 || slash == lease.length() - 1) {
            throw new IllegalArgumentException(
                    "lease is '%s': must be NAMESPACE/NAME, for example kube-system/hami-scheduler".formatted(lease));
        }
        this.client = ApiServerClient.once(client, requestTimeout);
        this.leaseNamespace = lease.substring(0, slash);
        this.leaseName = lease.substring(slash + 1);
        this.wall = wall;
    }

    @Override
    public Leader leader() {
        try {
            Lease lease = client.leases()
                    .inNamespace(leaseNamespace)
                    .withName(leaseName)
                    .get();
            return Optional.ofNullable(lease)
                    .map(Lease::getSpec)
                    .map(spec -> elected(spec, wall.instant()))
                    .orElseGet(Leader.NoLease::new);
        } catch (RuntimeException e) {
            // Not only the client's own exception: it does not wrap some failures of its transport.
            return new Leader.Unknown("the lease %s/%s of the scheduler's leader cannot be read: %s"
                    .formatted(leaseNamespace, leaseName, e.getMessage()));
        }
    }

    static Leader elected(LeaseSpec spec, Instant now) {
        ZonedDateTime renewal = spec.getRenewTime();
        Integer seconds = spec.getLeaseDurationSeconds();
        boolean renewed = renewal == null
                || seconds == null
                || now.isBefore(renewal.toInstant().plusSeconds(seconds));
        return new Leader.Elected(term(spec), renewed);
    }

    private static Term term(LeaseSpec spec) {
        Integer transitions = spec.getLeaseTransitions();
        return new Term(
                orEmpty(spec.getHolderIdentity()),
                transitions == null ? 0 : transitions,
                Optional.ofNullable(spec.getAcquireTime()).map(ZonedDateTime::toInstant));
    }

    @Override
    public Optional<String> boundPods(Consumer<Pod> taker) {
        return list(BOUND, taker);
    }

    /**
     * Passes every pod on.
     *
     * @return empty once all have been passed on, else why not
     */
    public Optional<String> allPods(Consumer<Pod> taker) {
        return list("", taker);
    }

    private Optional<String> list(String fields, Consumer<Pod> taker) {
        String next = "";
        do {
            PodList page;
            try {
                page = page(fields, next);
            } catch (RuntimeException e) {
                return Optional.of("the pods cannot be listed: " + e.getMessage());
            }
            page.getItems().forEach(taker);
            next = page.getMetadata() == null ? "" : orEmpty(page.getMetadata().getContinue());
        } while (!next.isEmpty());
        return Optional.empty();
    }

    private PodList page(String fields, String from) {
        return client.pods()
                .inAnyNamespace()
                .list(new ListOptionsBuilder()
                        .withFieldSelector(fields.isEmpty() ? null : fields)
                        .withLimit(PAGE)
                        .withContinue(from.isEmpty() ? null : from)
                        .build());
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
