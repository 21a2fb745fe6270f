package io.migpool.extender.api;

import io.migpool.extender.reservation.PoolReport;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** {@code GET /pool}: the cluster as this replica sees it. */
@Path("pool")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class PoolResource {

    private final PoolReport report;
    private final ExtenderJson json = new ExtenderJson();

    @Inject
    public PoolResource(PoolReport report) {
        this.report = report;
    }

    /** Returns nodes, GPUs, pods' shares, holds, and what still fits. */
    @GET
    public byte[] pool() {
        return json.write(report.describe());
    }
}
