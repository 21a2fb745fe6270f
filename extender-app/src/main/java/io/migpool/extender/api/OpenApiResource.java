package io.migpool.extender.api;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** {@code GET /openapi}: the OpenAPI description of the admin socket, as YAML. */
@Path("openapi")
@ApplicationScoped
@Produces("application/yaml")
public class OpenApiResource {

    private static final String DOCUMENT = "/openapi.yaml";

    /** Returns the document, which is packaged with the application. */
    @GET
    public byte[] document() throws IOException {
        try (InputStream document = OpenApiResource.class.getResourceAsStream(DOCUMENT)) {
            return Objects.requireNonNull(document, DOCUMENT).readAllBytes();
        }
    }
}
