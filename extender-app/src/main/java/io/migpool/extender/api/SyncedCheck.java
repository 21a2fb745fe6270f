package io.migpool.extender.api;

import io.migpool.extender.cluster.ClusterView;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready once settings are in force and the whole cluster has been read: before that any answer would be a guess. Startup
 * does not depend on it: killing a process that waits for the API server would only make it start over.
 */
@Readiness
@ApplicationScoped
public class SyncedCheck implements HealthCheck {

    private final ClusterView cluster;

    @Inject
    public SyncedCheck(ClusterView cluster) {
        this.cluster = cluster;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("cluster-read")
                .status(cluster.synced())
                .build();
    }
}
