package io.migpool.extender.api;

import io.migpool.config.EffectiveConfiguration;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.function.Supplier;

/** {@code GET /config}: the effective configuration, each value with its source, secrets masked. */
@Path("config")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class ConfigResource {

    private final Supplier<EffectiveConfiguration> configuration;
    private final ExtenderJson json = new ExtenderJson();

    @Inject
    public ConfigResource(Supplier<EffectiveConfiguration> configuration) {
        this.configuration = configuration;
    }

    /** Returns the configuration as it is now. */
    @GET
    public byte[] config() {
        return json.write(configuration.get().describe());
    }
}
