package io.migpool.extender.api;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Set;

/** The resources on the default socket, for the scheduler in the same pod. */
@ApplicationScoped
@ApplicationPath("/")
public class SchedulerApplication extends Application {

    @Override
    public Set<Class<?>> getClasses() {
        return Set.of(SchedulerResource.class);
    }
}
