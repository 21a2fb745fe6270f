package io.migpool.extender.api;

import io.migpool.contracts.extender.BindingArgs;
import io.migpool.contracts.extender.ExtenderArgs;
import io.migpool.contracts.extender.PreemptionArgs;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;

/** The verbs of {@code k8s.io/kube-scheduler/extender/v1}. */
@Path("/")
@ApplicationScoped
@Consumes(MediaType.WILDCARD)
@Produces(MediaType.APPLICATION_JSON)
public class SchedulerResource {

    private final ExtenderProtocol protocol;
    private final ExtenderJson json = new ExtenderJson();

    @Inject
    public SchedulerResource(ExtenderProtocol protocol) {
        this.protocol = protocol;
    }

    /** Answers which nodes can take the pod. */
    @POST
    @Path("filter")
    public byte[] filter(InputStream body) throws IOException {
        return json.write(protocol.filter(json.read(body, ExtenderArgs.class)));
    }

    /** Scores the nodes for the pod. */
    @POST
    @Path("prioritize")
    public byte[] prioritize(InputStream body) throws IOException {
        return json.write(protocol.prioritize(json.read(body, ExtenderArgs.class)));
    }

    /** Binds the pod to the chosen node. */
    @POST
    @Path("bind")
    public byte[] bind(InputStream body) throws IOException {
        return json.write(protocol.bind(json.read(body, BindingArgs.class)));
    }

    /** Answers on which nodes evicting the given pods would help. */
    @POST
    @Path("preempt")
    public byte[] preempt(InputStream body) throws IOException {
        return json.write(protocol.preempt(json.read(body, PreemptionArgs.class)));
    }
}
