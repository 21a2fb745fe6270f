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

/**
 * Health checks. The agent is ready when kubelet has its slots and the cluster knows its GPUs, or if there are no GPUs.
 */
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

    /** Liveness. Killing the agent would not help it with anything that it waits for. */
    @Produces
    @Liveness
    HealthCheck live() {
        return () -> HealthCheckResponse.up("node-agent");
    }
}
