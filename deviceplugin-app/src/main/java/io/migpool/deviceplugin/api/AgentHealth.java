package io.migpool.deviceplugin.api;

import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.node.NodePresence;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/** Ready: kubelet has our slots and the cluster knows our GPUs. A machine without GPUs is as ready as any. */
@ApplicationScoped
class AgentHealth {

    private final RunningAgent agent;

    @Inject
    AgentHealth(RunningAgent agent) {
        this.agent = agent;
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> {
            boolean registered = agent.plugin().map(DevicePlugin::isRegistered).orElse(false);
            boolean announced = agent.presence().map(NodePresence::isAnnounced).orElse(false);
            return HealthCheckResponse.named("node-agent")
                    .status(registered && announced)
                    .withData("registeredWithKubelet", registered)
                    .withData("announcedOnNode", announced)
                    .withData(
                            "gpus",
                            agent.presence()
                                    .map(presence -> presence.inventory().size())
                                    .orElse(0))
                    .build();
        };
    }

    @Produces
    @Startup
    HealthCheck started() {
        return () -> HealthCheckResponse.named("node-agent")
                .status(agent.presence().isPresent())
                .build();
    }

    /** Nothing the agent waits for would get better by killing it, except that it looks for GPUs only when it starts. */
    @Produces
    @Liveness
    HealthCheck live() {
        return () -> HealthCheckResponse.named("node-agent")
                .status(!agent.isOutdated())
                .withData("gpusAppeared", agent.isOutdated())
                .build();
    }
}
