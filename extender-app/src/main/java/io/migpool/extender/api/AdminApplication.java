package io.migpool.extender.api;

import io.helidon.microprofile.server.RoutingName;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Set;

/** The resources on the admin socket, for people and probes, alongside health and metrics. */
@ApplicationScoped
@ApplicationPath("/")
@RoutingName("admin")
public class AdminApplication extends Application {

    @Override
    public Set<Class<?>> getClasses() {
        return Set.of(ConfigResource.class, ExplainResource.class, OpenApiResource.class, PoolResource.class);
    }
}
