package io.migpool.admission.api;

import io.helidon.microprofile.server.RoutingName;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Set;

/** REST resources for people, alongside health and metrics, on the admin socket. */
@ApplicationScoped
@ApplicationPath("/")
@RoutingName("admin")
public class AdminApplication extends Application {

    @Override
    public Set<Class<?>> getClasses() {
        return Set.of(ConfigResource.class);
    }
}
