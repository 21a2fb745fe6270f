package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Finds where a Service is served: at its known endpoints, otherwise where the Service itself says, as kube-apiserver
 * does for webhooks.
 */
final class Services {
    private final ObjectStore store;
    private final ServiceResolver endpoints;
    private final ResourceKind kind;

    Services(ObjectStore store, ServiceResolver endpoints) {
        this.store = store;
        this.endpoints = endpoints;
        this.kind = ResourceKinds.find("", "v1", "services").orElseThrow();
    }

    /**
     * Returns the address behind a port of a Service: one of its endpoints, its external name with that port, or its
     * cluster IP with one of its ports.
     *
     * @throws IOException if there is no such Service or port, or its name has no address
     */
    InetSocketAddress resolve(String namespace, String name, int port) throws IOException {
        Optional<InetSocketAddress> endpoint = endpoints.resolve(namespace, name, port);
        if (endpoint.isPresent()) {
            return endpoint.get();
        }
        ObjectNode service = store.get(new ObjectKey(kind, namespace, name))
                .orElseThrow(() -> new IOException("service \"" + name + "\" not found"));
        InetSocketAddress address = new InetSocketAddress(host(service, name, port), port);
        if (address.isUnresolved()) {
            throw new IOException("the address of service \"" + name + "\" is unknown: " + address);
        }
        return address;
    }

    private static String host(ObjectNode service, String name, int port) throws IOException {
        JsonNode spec = service.path("spec");
        if (Json.text(spec, "type").equals("ExternalName")) {
            return Json.text(spec, "externalName");
        }
        String clusterIp = Json.text(spec, "clusterIP");
        if (clusterIp.isEmpty() || clusterIp.equals("None")) {
            throw new IOException("service \"" + name + "\" has no cluster IP");
        }
        boolean served = Json.objects(spec, "ports").stream().anyMatch(each -> Json.number(each, 0, "port") == port);
        if (!served) {
            throw new IOException("no service port " + port + " found for service \"" + name + '"');
        }
        return clusterIp;
    }
}
