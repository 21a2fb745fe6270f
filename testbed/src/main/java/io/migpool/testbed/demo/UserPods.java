package io.migpool.testbed.demo;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the pods of the user's own file and shows where they went. */
final class UserPods {

    private final Pool pool;
    private final Terminal terminal;

    UserPods(Pool pool, Terminal terminal) {
        this.pool = pool;
        this.terminal = terminal;
    }

    /** @throws DemoFailedException if the file contains anything but pods, or a pod does not run */
    void run(Path file) throws Exception {
        List<Pod> pods = new ArrayList<>();
        try (InputStream yaml = Files.newInputStream(file)) {
            for (HasMetadata object : pool.cluster().client().load(yaml).items()) {
                if (!(object instanceof Pod pod)) {
                    throw new DemoFailedException(
                            "%s contains a %s; the demo only runs pods (kind: Pod)".formatted(file, object.getKind()));
                }
                pods.add(pod);
            }
        }
        terminal.title("The pods of " + file);
        for (Pod pod : pods) {
            String name = pod.getMetadata().getName();
            pool.create(pod);
            pool.awaitRunning(name);
            pool.explanation(name).ifPresent(terminal::quote);
        }
        terminal.blank();
        pool.drawStrips();
    }
}
