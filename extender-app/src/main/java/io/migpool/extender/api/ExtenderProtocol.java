package io.migpool.extender.api;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.NodeListBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.extender.BindingArgs;
import io.migpool.contracts.extender.BindingResult;
import io.migpool.contracts.extender.ExtenderArgs;
import io.migpool.contracts.extender.FilterResult;
import io.migpool.contracts.extender.HostPriority;
import io.migpool.contracts.extender.PreemptionArgs;
import io.migpool.contracts.extender.PreemptionArgs.MetaPod;
import io.migpool.contracts.extender.PreemptionArgs.MetaVictims;
import io.migpool.contracts.extender.PreemptionArgs.Victims;
import io.migpool.contracts.extender.PreemptionResult;
import io.migpool.extender.cluster.LeaderCatchUp;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.observe.VerbMetrics;
import io.migpool.extender.observe.VerbMetrics.Call;
import io.migpool.extender.observe.VerbTraces;
import io.migpool.extender.reservation.Binder;
import io.migpool.extender.reservation.Filter;
import io.migpool.extender.reservation.FilterOutcome;
import io.migpool.extender.reservation.Preemption;
import io.migpool.extender.reservation.Prioritizer;
import io.migpool.runtime.log.Decision;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Answers requests of the extender protocol; every request has a defined answer, however incomplete it is. */
public final class ExtenderProtocol {

    private static final System.Logger LOG = System.getLogger(ExtenderProtocol.class.getName());

    private static final MetaVictims NOBODY = new MetaVictims(List.of(), 0);

    private final LeaderCatchUp catchUp;
    private final Filter filter;
    private final Prioritizer prioritizer;
    private final Binder binder;
    private final Preemption preemption;
    private final VerbMetrics metrics;
    private final VerbTraces traces;

    public ExtenderProtocol(
            LeaderCatchUp catchUp,
            Filter filter,
            Prioritizer prioritizer,
            Binder binder,
            Preemption preemption,
            VerbMetrics metrics,
            VerbTraces traces) {
        this.catchUp = catchUp;
        this.filter = filter;
        this.prioritizer = prioritizer;
        this.binder = binder;
        this.preemption = preemption;
        this.metrics = metrics;
        this.traces = traces;
    }

    /** Answers the filter verb. */
    public FilterResult filter(ExtenderArgs args) {
        long start = System.nanoTime();
        Pod pod = args.pod();
        if (pod == null || pod.getMetadata() == null) {
            metrics.record(Call.FILTER_INVALID, System.nanoTime() - start);
            return FilterResult.failure("the request has no Pod with metadata; send {\"Pod\": …, \"NodeNames\": […]}");
        }
        List<Node> nodes = nodes(args);
        FilterOutcome outcome =
                nodes == null ? filterCurrent(pod, names(args.nodeNames())) : filter.simulate(pod, nodes);
        FilterResult result =
                switch (outcome) {
                    case FilterOutcome.PassThrough() ->
                        new FilterResult(
                                args.nodes(),
                                args.nodeNames() == null ? null : names(args.nodeNames()),
                                Map.of(),
                                Map.of(),
                                "");
                    case FilterOutcome.Retry(String message) -> FilterResult.failure(message);
                    case FilterOutcome.Refused(var refused, var _) -> answer(nodes, List.of(), refused);
                    case FilterOutcome.Placed(var names, var refused) -> answer(nodes, names, refused);
                };
        long nanos = System.nanoTime() - start;
        metrics.record(callOf(outcome), nanos);
        if (nodes == null) {
            tell(PodKey.of(pod.getMetadata()), outcome, nanos);
        }
        return result;
    }

    private static Call callOf(FilterOutcome outcome) {
        return switch (outcome) {
            case FilterOutcome.PassThrough() -> Call.FILTER_PASSTHROUGH;
            case FilterOutcome.Retry(var _) -> Call.FILTER_RETRY;
            case FilterOutcome.Refused(var _, var _) -> Call.FILTER_REFUSED;
            case FilterOutcome.Placed(var _, var _) -> Call.FILTER_PLACED;
        };
    }

    private void tell(PodKey pod, FilterOutcome outcome, long nanos) {
        traces.filtered(pod, outcome, nanos);
        if (outcome instanceof FilterOutcome.Refused(var _, var closest)) {
            metrics.refused(closest);
        }
        if (outcome instanceof FilterOutcome.Placed(var names, var _) && LOG.isLoggable(Level.DEBUG)) {
            Decision decision = new Decision("filter", pod.namespace(), pod.name(), names.getFirst());
            LOG.log(Level.DEBUG, "{0} nodes take the pod ({1})", names.size(), decision);
        }
    }

    private FilterOutcome filterCurrent(Pod pod, List<String> names) {
        return catchUp.ensure().<FilterOutcome>map(FilterOutcome.Retry::new).orElseGet(() -> filter.filter(pod, names));
    }

    private static @Nullable List<Node> nodes(ExtenderArgs args) {
        NodeList list = args.nodes();
        if (list == null) {
            return null;
        }
        return elements(list.getItems())
                .filter(node -> node.getMetadata() != null && node.getMetadata().getName() != null)
                .toList();
    }

    private static List<String> names(@Nullable List<String> names) {
        if (names == null) {
            return List.of();
        }
        boolean whole = names.stream().allMatch(Objects::nonNull);
        return whole ? names : names.stream().filter(Objects::nonNull).toList();
    }

    private static FilterResult answer(@Nullable List<Node> given, List<String> names, Map<String, String> refused) {
        if (given == null) {
            return new FilterResult(null, names, Map.of(), refused, "");
        }
        Set<String> chosen = Set.copyOf(names);
        NodeList nodes = new NodeListBuilder()
                .withItems(given.stream()
                        .filter(node -> chosen.contains(node.getMetadata().getName()))
                        .toList())
                .build();
        return new FilterResult(nodes, null, Map.of(), refused, "");
    }

    /** Answers the prioritize verb. */
    public List<HostPriority> prioritize(ExtenderArgs args) {
        long start = System.nanoTime();
        List<Node> nodes = nodes(args);
        List<String> names = nodes == null
                ? names(args.nodeNames())
                : nodes.stream().map(node -> node.getMetadata().getName()).toList();
        Pod pod = args.pod();
        String uid = pod != null && pod.getMetadata() != null
                ? PodKey.of(pod.getMetadata()).uid()
                : "";
        List<HostPriority> scores = prioritizer.prioritize(uid, names);
        metrics.record(Call.PRIORITIZE_SCORED, System.nanoTime() - start);
        return scores;
    }

    /** Answers the bind verb. */
    public BindingResult bind(BindingArgs args) {
        long start = System.nanoTime();
        String name = args.podName();
        String namespace = args.podNamespace();
        String uid = args.podUid();
        String node = args.node();
        if (name == null
                || namespace == null
                || uid == null
                || node == null
                || Stream.of(name, namespace, uid, node).anyMatch(String::isBlank)) {
            metrics.record(Call.BIND_INVALID, System.nanoTime() - start);
            return new BindingResult("bind needs PodName, PodNamespace, PodUID and Node; got %s".formatted(args));
        }
        PodKey key = new PodKey(uid, namespace, name);
        // Taken first: the replica that leads next counts from when this one was asked.
        Instant end = binder.deadline();
        Optional<String> error = catchUp.ensure().or(() -> binder.bind(key, node, end));
        long nanos = System.nanoTime() - start;
        metrics.record(error.isEmpty() ? Call.BIND_BOUND : Call.BIND_FAILED, nanos);
        traces.bound(key, node, error, nanos);
        return error.map(BindingResult::new).orElseGet(BindingResult::bound);
    }

    /** Answers the preempt verb, always in the short form, whichever form the request had. */
    public PreemptionResult preempt(PreemptionArgs args) {
        long start = System.nanoTime();
        Map<String, MetaVictims> victims = metaVictims(args);
        Pod pod = args.pod();
        if (pod == null || pod.getMetadata() == null) {
            metrics.record(Call.PREEMPT_INVALID, System.nanoTime() - start);
            return new PreemptionResult(Map.of());
        }
        Set<String> kept = preemption.nodesThatHelp(
                pod, victims.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> uids(e.getValue()))));
        victims.keySet().retainAll(kept);
        metrics.record(victims.isEmpty() ? Call.PREEMPT_NONE : Call.PREEMPT_KEPT, System.nanoTime() - start);
        return new PreemptionResult(victims);
    }

    private static Map<String, MetaVictims> metaVictims(PreemptionArgs args) {
        Map<String, MetaVictims> victims = new TreeMap<>();
        Map<String, MetaVictims> meta = args.nodeNameToMetaVictims();
        if (meta != null) {
            meta.forEach((node, list) -> victims.put(node, whole(list)));
        }
        Map<String, Victims> full = args.nodeNameToVictims();
        if (full != null) {
            full.forEach((node, list) -> victims.putIfAbsent(node, metaVictims(list)));
        }
        return victims;
    }

    private static MetaVictims whole(@Nullable MetaVictims victims) {
        if (victims == null) {
            return NOBODY;
        }
        List<MetaPod> pods =
                elements(victims.pods()).filter(pod -> pod.uid() != null).toList();
        return new MetaVictims(pods, victims.numPdbViolations());
    }

    private static MetaVictims metaVictims(@Nullable Victims victims) {
        if (victims == null) {
            return NOBODY;
        }
        List<MetaPod> pods = elements(victims.pods())
                .filter(pod -> pod.getMetadata() != null)
                .map(pod -> new MetaPod(PodKey.of(pod.getMetadata()).uid()))
                .toList();
        return new MetaVictims(pods, victims.numPdbViolations());
    }

    private static <T> Stream<T> elements(@Nullable List<T> list) {
        return Optional.ofNullable(list).orElse(List.of()).stream().filter(Objects::nonNull);
    }

    private static Set<String> uids(MetaVictims victims) {
        return elements(victims.pods()).map(MetaPod::uid).collect(Collectors.toSet());
    }
}
