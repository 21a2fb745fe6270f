package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.StatusRuntimeException;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Brings one container up: PreStartContainer, then the runtime's resolution of CDI devices, then the process. */
final class ContainerStarter {

    private final DevicePlugins plugins;
    private final DeviceAllocator devices;
    private final CdiRegistry cdi;
    private final ContainerRuntime runtime;
    private final InstantSource clock;

    ContainerStarter(
            DevicePlugins plugins,
            DeviceAllocator devices,
            CdiRegistry cdi,
            ContainerRuntime runtime,
            InstantSource clock) {
        this.plugins = plugins;
        this.devices = devices;
        this.cdi = cdi;
        this.runtime = runtime;
        this.clock = clock;
    }

    /** Outcome of one attempt. */
    sealed interface Outcome {

        /** The process runs. */
        record Started(ContainerProcess process) implements Outcome {}

        /**
         * The container could not be created.
         *
         * @param reason as in a container status
         * @param message what kubelet would show
         */
        record Failed(String reason, String message) implements Outcome {}

        /** The pod was asked to stop while its container was being prepared. */
        record Cancelled() implements Outcome {}
    }

    /** The pod of the container: whether it still needs it, and a callback for its end. */
    interface Owner {

        boolean wantsContainers();

        void containerEnded();
    }

    /** Calls the plugin and creates the container in the calling thread. */
    Outcome start(Pod pod, ContainerPlan plan, Owner owner) {
        var held = devices.devicesOf(pod.getMetadata().getUid(), plan.name());
        for (var assignment : held) {
            var refusal = preStart(assignment);
            if (refusal.isPresent()) {
                return new Outcome.Failed("CreateContainerConfigError", refusal.get());
            }
        }
        if (!owner.wantsContainers()) {
            return new Outcome.Cancelled();
        }
        var answers = held.stream().map(ContainerDevices::answer).toList();
        try {
            return switch (cdi.resolve(cdiNames(answers))) {
                case CdiRegistry.Resolution.Unresolvable(var names) ->
                    new Outcome.Failed(
                            "CreateContainerError",
                            "failed to create containerd container: CDI device injection failed: unresolvable CDI devices "
                                    + String.join(", ", names));
                case CdiRegistry.Resolution.Resolved(var edits) ->
                    new Outcome.Started(
                            run(container(pod, plan.spec().getEnv(), plan.name(), answers, edits), plan.kind(), owner));
            };
        } catch (IOException unreadable) {
            return new Outcome.Failed(
                    "CreateContainerError", "failed to read the CDI directory: " + unreadable.getMessage());
        }
    }

    private Optional<String> preStart(ContainerDevices assignment) {
        var endpoint = plugins.endpoint(assignment.resource());
        if (endpoint.isEmpty()) {
            return Optional.of(
                    "endpoint not found in cache for a registered resource: %s".formatted(assignment.resource()));
        }
        if (!endpoint.get().preStartRequired()) {
            return Optional.empty();
        }
        var connection = endpoint.get().connection();
        if (connection.isEmpty()) {
            return Optional.of("endpoint of %s has been stopped".formatted(assignment.resource()));
        }
        try {
            connection.get().preStart(assignment.ids());
            return Optional.empty();
        } catch (StatusRuntimeException failure) {
            return Optional.of("device plugin PreStartContainer rpc failed with err: rpc error: code = %s desc = %s"
                    .formatted(
                            failure.getStatus().getCode(), failure.getStatus().getDescription()));
        }
    }

    private static List<String> cdiNames(List<ContainerAllocateResponse> answers) {
        var names = new ArrayList<String>();
        answers.forEach(answer -> answer.getCdiDevicesList().forEach(device -> names.add(device.getName())));
        return names;
    }

    private RunningContainer container(
            Pod pod, List<EnvVar> variables, String name, List<ContainerAllocateResponse> answers, CdiEdits edits) {
        // kubelet appends the pod's own variables to the plugin's, and the runtime applies the CDI edits last.
        Map<String, String> environment = new LinkedHashMap<>();
        var mounts = new ArrayList<ContainerMount>();
        var nodes = new ArrayList<DeviceNode>();
        for (var answer : answers) {
            environment.putAll(answer.getEnvsMap());
            answer.getMountsList()
                    .forEach(mount -> mounts.add(new ContainerMount(
                            mount.getHostPath(),
                            mount.getContainerPath(),
                            List.of(mount.getReadOnly() ? "ro" : "rw"))));
            answer.getDevicesList()
                    .forEach(device -> nodes.add(
                            new DeviceNode(device.getContainerPath(), device.getHostPath(), device.getPermissions())));
        }
        for (var variable : variables) {
            if (variable.getValue() != null) {
                environment.put(variable.getName(), variable.getValue());
            }
        }
        for (var entry : edits.environment()) {
            var equals = entry.indexOf('=');
            environment.put(entry.substring(0, equals), entry.substring(equals + 1));
        }
        mounts.addAll(edits.mounts());
        nodes.addAll(edits.deviceNodes());
        return new RunningContainer(
                pod.getMetadata().getUid(),
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                name,
                "containerd://" + UUID.randomUUID(),
                environment,
                mounts,
                nodes,
                edits.hooks(),
                clock.instant());
    }

    private ContainerProcess run(RunningContainer container, ContainerPlan.Kind kind, Owner owner) {
        var process = new ContainerProcess(container, kind, owner::containerEnded);
        runtime.start(process);
        return process;
    }
}
