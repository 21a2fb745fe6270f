package io.migpool.extender.api;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Set;

/** What the scheduler in the same pod may call, on the default socket. */
@ApplicationScoped
@ApplicationPath("/")
public class SchedulerApplication extends Application {

    @Override
    public Set<Class<?>> getClasses() {
        return Set.of(SchedulerResource.class);
    }
}
