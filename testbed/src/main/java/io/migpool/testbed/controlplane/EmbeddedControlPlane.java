package io.migpool.testbed.controlplane;

import io.fabric8.kubernetes.client.Config;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.Kubeconfig;
import io.migpool.testbed.scheduler.Scheduler;
import io.migpool.testbed.scheduler.SchedulerOptions;
import io.migpool.testbed.scheduler.SchedulerProfile;
import java.util.Optional;

/** The stand-ins in this JVM. */
final class EmbeddedControlPlane implements ControlPlane {

    private final ApiServer apiServer;

    EmbeddedControlPlane(ApiServer apiServer) {
        this.apiServer = apiServer;
    }

    @Override
    public String description() {
        return "API server and scheduler of the testbed, in this JVM (" + ASSETS_VARIABLE + " is not set)";
    }

    @Override
    public String kubeconfig() {
        return apiServer.kubeconfig();
    }

    @Override
    public String kubeconfig(String namespace, String token) {
        return Kubeconfig.account(apiServer.uri(), namespace, token);
    }

    @Override
    public Optional<ApiServer> apiServerDouble() {
        return Optional.of(apiServer);
    }

    @Override
    public void compact(long revision) {
        apiServer.faults().forgetHistoryBefore(revision);
    }

    @Override
    public RunningScheduler startScheduler(SchedulerSetup setup) {
        return standIn(setup);
    }

    static RunningScheduler standIn(SchedulerSetup setup) {
        SchedulerOptions options = SchedulerOptions.of(Config.fromKubeconfig(setup.kubeconfig()))
                .withBackOff(setup.backOff(), setup.backOff().multipliedBy(SchedulerSetup.LONGEST_TO_FIRST))
                .withProfile(SchedulerProfile.DEFAULT
                        .withPercentage(setup.configuration().percentageOfNodesToScore())
                        .withScores(setup.configuration().scores()))
                .withExtender(setup.configuration().extender(setup.extender()));
        return new StandIn(
                Scheduler.start(setup.election().map(options::withElection).orElse(options)));
    }

    private record StandIn(Scheduler scheduler) implements RunningScheduler {

        @Override
        public void kill() {
            scheduler.kill();
        }

        @Override
        public void close() {
            scheduler.close();
        }
    }

    @Override
    public void close() {
        apiServer.close();
    }
}
