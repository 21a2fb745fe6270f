package io.migpool.extender.api;

import io.migpool.contracts.extender.BindingArgs;
import io.migpool.contracts.extender.ExtenderArgs;
import io.migpool.contracts.extender.PreemptionArgs;
import io.migpool.extender.observe.VerbMetrics;
import io.migpool.extender.observe.VerbMetrics.Call;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Function;

/** The verbs of {@code k8s.io/kube-scheduler/extender/v1}. */
@Path("/")
@ApplicationScoped
@Consumes(MediaType.WILDCARD)
@Produces(MediaType.APPLICATION_JSON)
public class SchedulerResource {

    private final ExtenderProtocol protocol;
    private final VerbMetrics metrics;
    private final ExtenderJson json = new ExtenderJson();

    @Inject
    public SchedulerResource(ExtenderProtocol protocol, VerbMetrics metrics) {
        this.protocol = protocol;
        this.metrics = metrics;
    }

    /** Answers which nodes can take the pod. */
    @POST
    @Path("filter")
    public byte[] filter(InputStream body) throws IOException {
        return answer(body, ExtenderArgs.class, protocol::filter, Call.FILTER_INVALID, Call.FILTER_ERROR);
    }

    /** Scores the nodes for the pod. */
    @POST
    @Path("prioritize")
    public byte[] prioritize(InputStream body) throws IOException {
        return answer(body, ExtenderArgs.class, protocol::prioritize, Call.PRIORITIZE_INVALID, Call.PRIORITIZE_ERROR);
    }

    /** Binds the pod to the chosen node. */
    @POST
    @Path("bind")
    public byte[] bind(InputStream body) throws IOException {
        return answer(body, BindingArgs.class, protocol::bind, Call.BIND_INVALID, Call.BIND_ERROR);
    }

    /** Answers on which nodes evicting the given pods would help. */
    @POST
    @Path("preempt")
    public byte[] preempt(InputStream body) throws IOException {
        return answer(body, PreemptionArgs.class, protocol::preempt, Call.PREEMPT_INVALID, Call.PREEMPT_ERROR);
    }

    /** Answers, and counts requests to which there is no answer; the protocol counts all others. */
    private <A> byte[] answer(InputStream body, Class<A> type, Function<A, ?> verb, Call invalid, Call error)
            throws IOException {
        long start = System.nanoTime();
        try {
            return json.write(verb.apply(json.read(body, type)));
        } catch (WebApplicationException e) {
            metrics.record(invalid, System.nanoTime() - start);
            throw e;
        } catch (RuntimeException e) {
            metrics.record(error, System.nanoTime() - start);
            throw e;
        }
    }
}
