package io.migpool.testbed.apiserver.admission;

import java.net.InetSocketAddress;
import java.util.Optional;

/** Finds the endpoints of a Service, because the testbed has no cluster network that leads to its pods. */
@FunctionalInterface
public interface ServiceResolver {
    /**
     * Returns the address behind a port of a Service.
     *
     * @param namespace the Service's namespace
     * @param name the Service's name
     * @param port the Service's port
     * @return the address to connect to, empty if nothing serves it
     */
    Optional<InetSocketAddress> resolve(String namespace, String name, int port);

    /** Returns a resolver that knows no endpoints. */
    static ServiceResolver none() {
        return (namespace, name, port) -> Optional.empty();
    }
}
