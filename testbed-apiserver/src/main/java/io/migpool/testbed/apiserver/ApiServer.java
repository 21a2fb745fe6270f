package io.migpool.testbed.apiserver;

import io.helidon.webserver.WebServer;
import io.migpool.testbed.apiserver.access.Access;
import io.migpool.testbed.apiserver.access.Accounts;
import io.migpool.testbed.apiserver.access.TokenRequests;
import io.migpool.testbed.apiserver.admission.AdmissionChain;
import io.migpool.testbed.apiserver.faults.Faults;
import io.migpool.testbed.apiserver.http.ApiHandler;
import io.migpool.testbed.apiserver.http.ResourceApi;
import io.migpool.testbed.apiserver.model.Identities;
import io.migpool.testbed.apiserver.store.ObjectStore;
import io.migpool.testbed.apiserver.verbs.Verbs;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Random;

/** A running API server on 127.0.0.1 with an empty cluster: only system namespaces, priority classes and the roles of kube-scheduler. */
public final class ApiServer implements AutoCloseable {
    private static final Duration SHUTDOWN_GRACE = Duration.ofMillis(500);

    private final ObjectStore store;
    private final AdmissionChain admission;
    private final WebServer http;
    private final Faults faults;
    private final Access access;
    private final URI uri;

    private ApiServer(ObjectStore store, AdmissionChain admission, WebServer http, Faults faults, Access access) {
        this.store = store;
        this.admission = admission;
        this.http = http;
        this.faults = faults;
        this.access = access;
        this.uri = URI.create("http://127.0.0.1:" + http.port());
    }

    /**
     * Starts a server that runs until it is closed.
     *
     * @return the server, serving
     */
    public static ApiServer start(ApiServerOptions options) {
        ObjectStore store = new ObjectStore(options.historyLimit());
        Identities identities = new Identities(options.random());
        AdmissionChain admission = new AdmissionChain(store, options.services(), identities);
        Verbs verbs = Verbs.ofNewCluster(store, admission, identities, options.clock());
        ResourceApi resources = new ResourceApi(verbs, new TokenRequests(store, options.clock()), options.clock());
        Access access = new Access(store);
        Faults faults = new Faults(store, new Random(options.random().nextLong()));
        Accounts accounts = new Accounts(options.administratorToken());
        WebServer http = WebServer.builder()
                .address(InetAddress.getLoopbackAddress())
                .port(options.port())
                .connectionOptions(socket -> socket.tcpNoDelay(true))
                .shutdownGracePeriod(SHUTDOWN_GRACE)
                .shutdownHook(false)
                .routing(routing -> routing.any(new ApiHandler(accounts, resources, access, faults)))
                .build()
                .start();
        return new ApiServer(store, admission, http, faults, access);
    }

    /** Returns the server's address, such as {@code http://127.0.0.1:40123}. */
    public URI uri() {
        return uri;
    }

    /** Returns a kubeconfig (YAML) for the administrator. */
    public String kubeconfig() {
        return Kubeconfig.administrator(uri);
    }

    /** Returns a kubeconfig (YAML) for a service account. */
    public String kubeconfig(String namespace, String serviceAccount) {
        return Kubeconfig.account(uri, namespace, token(namespace, serviceAccount));
    }

    /** Returns a kubeconfig (YAML) for a service account, as a pod on the given node has it. */
    public String kubeconfig(String namespace, String serviceAccount, String node) {
        return Kubeconfig.account(uri, namespace, token(namespace, serviceAccount, node));
    }

    /** Returns the bearer token of a service account, whether or not it has an object. */
    public String token(String namespace, String serviceAccount) {
        return Accounts.token(namespace, serviceAccount, "");
    }

    /** Returns the bearer token of a service account, as a pod on the given node has it. */
    public String token(String namespace, String serviceAccount, String node) {
        return Accounts.token(namespace, serviceAccount, node);
    }

    /** Returns the faults to inject into this server. */
    public Faults faults() {
        return faults;
    }

    /** Returns the permissions, and the record of all requests. */
    public Access access() {
        return access;
    }

    /** Ends all watches and stops the server; stored objects are lost. */
    @Override
    public void close() {
        store.close();
        http.stop();
        admission.close();
    }
}
