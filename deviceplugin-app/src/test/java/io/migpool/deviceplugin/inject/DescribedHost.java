package io.migpool.deviceplugin.inject;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A host with GPUs {@code GPU-a} and {@code GPU-b}, whose kernel lists the device nodes of a few instances.
 *
 * @param directory its root
 */
record DescribedHost(Path directory) {

    static final Map<String, Integer> MINORS = Map.of("GPU-a", 0, "GPU-b", 1);

    static final String SPECIFICATION = """
            cdiVersion: 0.5.0
            kind: nvidia.com/gpu
            devices:
              - name: "0"
                containerEdits:
                  deviceNodes:
                    - path: /dev/nvidia0
                      hostPath: /run/nvidia/driver/dev/nvidia0
            containerEdits:
              env: [NVIDIA_VISIBLE_DEVICES=void]
              deviceNodes:
                - path: /dev/nvidiactl
              hooks:
                - hookName: createContainer
                  path: /usr/bin/nvidia-cdi-hook
                  args: [nvidia-cdi-hook, update-ldcache]
              mounts:
                - hostPath: /usr/lib/libcuda.so.580
                  containerPath: /usr/lib/libcuda.so.580
                  options: [ro, bind]
            """;

    /** Makes the host; no CDI specification describes its driver yet. */
    static DescribedHost in(Path directory) throws IOException {
        DescribedHost host = new DescribedHost(directory);
        Files.createDirectories(host.etc());
        Files.createDirectories(host.run());
        Path proc = host.proc();
        Files.createDirectories(proc.resolve("driver/nvidia-caps"));
        Files.writeString(proc.resolve("driver/nvidia-caps/mig-minors"), """
                config 1
                monitor 2
                gpu0/gi7/access 66
                gpu0/gi7/ci0/access 67
                gpu1/gi1/access 147
                gpu1/gi1/ci0/access 148
                gpu1/gi2/access 156
                gpu1/gi2/ci0/access 157
                """);
        Files.writeString(proc.resolve("devices"), """
                Character devices:
                195 nvidia
                237 nvidia-caps-imex-channels
                238 nvidia-caps

                Block devices:
                259 blkext
                """);
        return host;
    }

    Path etc() {
        return directory.resolve("etc");
    }

    /** The directory with the agent's own CDI files. */
    Path run() {
        return directory.resolve("run");
    }

    Path proc() {
        return directory.resolve("proc");
    }

    InjectSettings settings(InjectSettings.Strategy strategy, InjectSettings.DeviceList list) {
        return new InjectSettings(
                strategy,
                list,
                run(),
                new DriverFiles(List.of(etc(), run()), proc()),
                directory,
                directory,
                Duration.ofSeconds(5),
                Duration.ofSeconds(1));
    }
}
