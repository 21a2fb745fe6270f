package io.migpool.testbed.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What NVIDIA's driver and toolkit leave on a node: the kernel's table of the device nodes that guard MIG instances,
 * and, if asked for, the CDI specification that {@code nvidia-ctk} generates before any instance exists.
 *
 * @param directory directory of the node
 */
record HostDriver(Path directory) {

    /** The driver's own device node, without which no GPU can be used. */
    static final String CONTROL_NODE = "/dev/nvidiactl";
    /** The driver's library, without which no program can use a GPU. */
    static final String LIBRARY = "/usr/lib/x86_64-linux-gnu/libcuda.so.580.65.06";
    /** The hook that makes the loader find that library. */
    static final String LOADER_HOOK = "update-ldcache";

    private static final int GPUS = 16;
    private static final int GPU_INSTANCES = 15;
    private static final int COMPUTE_INSTANCES = 8;
    /** The minor numbers below belong to MIG as a whole. */
    private static final int FIRST = 3;

    /** Returns the directory of CDI specifications. */
    Path specifications() {
        return directory.resolve("etc-cdi");
    }

    /** Returns the kernel's {@code /proc}. */
    Path proc() {
        return directory.resolve("proc");
    }

    /** Returns the agent's settings for these paths. */
    Map<String, String> settings() {
        return Map.of(
                "migpool.cdi.driver-directories",
                specifications().toString(),
                "migpool.proc.directory",
                proc().toString());
    }

    static String gpuNode(int gpuMinor) {
        return "/dev/nvidia" + gpuMinor;
    }

    /** Returns the device nodes that guard an instance; a program needs all of them. */
    static List<String> instanceNodes(int gpuMinor, int gpuInstance, int computeInstance) {
        int first = first(gpuMinor, gpuInstance);
        return List.of(node(first), node(first + 1 + computeInstance));
    }

    private static String node(int minor) {
        return "/dev/nvidia-caps/nvidia-cap" + minor;
    }

    private static int first(int gpuMinor, int gpuInstance) {
        return FIRST + (gpuMinor * GPU_INSTANCES + gpuInstance) * (1 + COMPUTE_INSTANCES);
    }

    void install() throws IOException {
        Path caps = Files.createDirectories(proc().resolve("driver").resolve("nvidia-caps"));
        Files.writeString(caps.resolve("mig-minors"), minors());
        Files.writeString(proc().resolve("devices"), "Character devices:\n195 nvidia\n238 nvidia-caps\n");
    }

    /** Writes the specification, like {@code nvidia-ctk cdi generate}. */
    void describe() throws IOException {
        Files.createDirectories(specifications());
        Files.writeString(specifications().resolve("nvidia.yaml"), """
                ---
                cdiVersion: 0.5.0
                kind: nvidia.com/gpu
                devices:
                - name: "0"
                  containerEdits:
                    deviceNodes:
                    - path: %s
                containerEdits:
                  env:
                  - NVIDIA_VISIBLE_DEVICES=void
                  deviceNodes:
                  - path: %s
                  - path: /dev/nvidia-uvm
                  hooks:
                  - hookName: createContainer
                    path: /usr/bin/nvidia-cdi-hook
                    args: [nvidia-cdi-hook, %s, --folder, /usr/lib/x86_64-linux-gnu]
                  mounts:
                  - hostPath: %s
                    containerPath: %s
                    options: [ro, nosuid, nodev, bind]
                """.formatted(
                        gpuNode(0), CONTROL_NODE, LOADER_HOOK, LIBRARY, LIBRARY));
    }

    private static String minors() {
        StringBuilder table = new StringBuilder("config 1\nmonitor 2\n");
        for (int gpu = 0; gpu < GPUS; gpu++) {
            for (int gi = 0; gi < GPU_INSTANCES; gi++) {
                int first = first(gpu, gi);
                table.append("gpu%d/gi%d/access %d%n".formatted(gpu, gi, first));
                for (int ci = 0; ci < COMPUTE_INSTANCES; ci++) {
                    table.append("gpu%d/gi%d/ci%d/access %d%n".formatted(gpu, gi, ci, first + 1 + ci));
                }
            }
        }
        return table.toString();
    }
}
