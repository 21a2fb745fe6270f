package io.migpool.testbed.controlplane;

import java.nio.file.Path;
import java.util.List;

/** The command lines of the processes. */
final class Commands {

    private static final String LOOPBACK = "127.0.0.1";
    private static final String ISSUER = "https://kubernetes.default.svc.cluster.local";

    private Commands() {}

    /** Returns the command of an etcd that compacts nothing while it runs and does not sync to disk. */
    static List<String> etcd(Path program, Path directory, int clientPort, int peerPort) {
        String client = url(clientPort);
        String peer = url(peerPort);
        return List.of(
                program.toString(),
                "--name=testbed",
                "--data-dir=" + directory.resolve("etcd"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=testbed=" + peer);
    }

    /**
     * Returns the command of a kube-apiserver with RBAC. Without a controller manager, nothing creates the accounts of
     * namespaces or removes the initial taint of nodes, so the plugins that depend on that are off.
     */
    static List<String> kubeApiServer(
            Path program, Path directory, int port, int etcdPort, Path tokens, ServiceAccountKey key) {
        return List.of(
                program.toString(),
                "--etcd-servers=" + url(etcdPort),
                "--bind-address=" + LOOPBACK,
                "--advertise-address=" + LOOPBACK,
                "--secure-port=" + port,
                "--cert-dir=" + certificate(directory).getParent(),
                "--endpoint-reconciler-type=none",
                "--authorization-mode=RBAC",
                "--token-auth-file=" + tokens,
                "--service-account-issuer=" + ISSUER,
                "--service-account-signing-key-file=" + key.privateKey(),
                "--service-account-key-file=" + key.publicKey(),
                "--allow-privileged=true",
                "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition");
    }

    /** Returns the certificate that kube-apiserver generates for itself. */
    static Path certificate(Path directory) {
        return directory.resolve("apiserver").resolve("apiserver.crt");
    }

    static List<String> kubeScheduler(Path program, Path directory, Path configuration, int port) {
        return List.of(
                program.toString(),
                "--config=" + configuration,
                "--bind-address=" + LOOPBACK,
                "--secure-port=" + port,
                "--cert-dir=" + directory);
    }

    /** Returns the certificate that kube-scheduler generates for itself. */
    static Path schedulerCertificate(Path directory) {
        return directory.resolve("kube-scheduler.crt");
    }

    private static String url(int port) {
        return "http://" + LOOPBACK + ":" + port;
    }
}
