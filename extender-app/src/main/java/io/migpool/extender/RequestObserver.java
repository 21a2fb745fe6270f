package io.migpool.extender;

import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodListener;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.RequestMix;
import java.lang.System.Logger.Level;
import java.util.stream.Stream;

/** Counts every pod once in the mix of requests, and says which of its wishes for policies are not heeded. */
record RequestObserver(RequestMix mix) implements PodListener {

    private static final System.Logger LOG = System.getLogger(RequestObserver.class.getName());

    @Override
    public void appeared(PodEntry pod) {
        PodDemand demand = pod.demand();
        if (demand != null) {
            mix.observe(demand);
            Stream.concat(demand.policies().ignored().stream(), demand.constraints().ignored().stream())
                    .forEach(why -> LOG.log(Level.WARNING, "pod {0}: {1}", pod.key(), why));
        }
    }

    @Override
    public void bound(String uid) {}

    @Override
    public void gone(String uid) {}
}
