package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;

/** A Lease that is written as kube-scheduler does: with an update of the version that was read, which is all that it may. */
final class UpdatedLease extends LeaseLock {

    private String version = "";

    UpdatedLease(LeaderElection election) {
        super(election.namespace(), election.lease(), election.identity());
    }

    @Override
    protected LeaderElectionRecord toRecord(Lease read) {
        version = read.getMetadata().getResourceVersion();
        return super.toRecord(read);
    }

    @Override
    public synchronized void update(KubernetesClient client, LeaderElectionRecord election) {
        client.resource(toResource(election, getObjectMeta(version))).update();
    }
}
