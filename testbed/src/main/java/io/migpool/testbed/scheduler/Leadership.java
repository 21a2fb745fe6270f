package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One replica's part in the election. It leads at most once: a replica that loses the Lease does not try again, just as
 * kube-scheduler exits.
 */
final class Leadership implements AutoCloseable {

    private final AtomicBoolean leading = new AtomicBoolean();
    private final LeaderElector elector;
    private final Executor threads;
    private CompletableFuture<?> standing = new CompletableFuture<>();

    /**
     * @param won runs once, when this replica begins to lead
     * @param lost runs once, when it stops leading; also when it is closed
     */
    Leadership(KubernetesClient client, LeaderElection election, Executor threads, Runnable won, Runnable lost) {
        this.threads = threads;
        this.elector = new LeaderElector(
                client,
                new LeaderElectionConfigBuilder()
                        .withName(election.lease())
                        .withLock(new UpdatedLease(election))
                        .withLeaseDuration(election.leaseDuration())
                        .withRenewDeadline(election.renewDeadline())
                        .withRetryPeriod(election.retryPeriod())
                        .withReleaseOnCancel(true)
                        .withLeaderCallbacks(new LeaderCallbacks(() -> begin(won), () -> end(lost), leader -> {}))
                        .build(),
                threads);
    }

    void stand() {
        standing = elector.start();
    }

    boolean isLeading() {
        return leading.get();
    }

    private void begin(Runnable won) {
        if (leading.compareAndSet(false, true)) {
            threads.execute(won);
        }
    }

    private void end(Runnable lost) {
        if (leading.compareAndSet(true, false)) {
            lost.run();
        }
    }

    /** Releases the Lease, so that another replica need not wait for it to expire. */
    @Override
    public void close() {
        standing.cancel(true);
    }
}
