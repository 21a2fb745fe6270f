package io.migpool.admission.api;

import io.migpool.config.PoolSettings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;

/** {@code GET /config}: the configuration in force, each value with its source, secrets masked. */
@Path("config")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class ConfigResource {

    private final PoolSettings settings;

    @Inject
    ConfigResource(PoolSettings settings) {
        this.settings = settings;
    }

    /** Returns the configuration at this moment. */
    @GET
    public Map<String, Object> config() {
        return settings.effective().describe();
    }
}
