package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Node;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.placement.NodeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The nodes of one request, seen with or without certain holds. */
final class Candidates {

    /**
     * A node of the request.
     *
     * @param name its name
     * @param given what is known about it if the cluster has no such node
     */
    private record Candidate(String name, Optional<Node> given) {}

    private final List<Candidate> candidates;
    private final ClusterView cluster;
    private final HoldBook book;

    private Candidates(List<Candidate> candidates, ClusterView cluster, HoldBook book) {
        this.candidates = candidates;
        this.cluster = cluster;
        this.book = book;
    }

    static Candidates named(List<String> names, ClusterView cluster, HoldBook book) {
        return new Candidates(
                names.stream()
                        .distinct()
                        .map(name -> new Candidate(name, Optional.empty()))
                        .toList(),
                cluster,
                book);
    }

    static Candidates given(List<Node> nodes, ClusterView cluster, HoldBook book) {
        return new Candidates(
                nodes.stream()
                        .map(node -> new Candidate(node.getMetadata().getName(), Optional.of(node)))
                        .toList(),
                cluster,
                book);
    }

    /** Views of all nodes that are known or given, with these holds. */
    List<NodeView> views(Predicate<Hold> counted) {
        List<NodeView> views = new ArrayList<>();
        for (Candidate candidate : candidates) {
            book.node(candidate.name(), counted, () -> cluster.node(candidate.name()))
                    .or(() -> candidate.given().map(cluster::viewOf))
                    .ifPresent(views::add);
        }
        return views;
    }

    /** Views of the nodes that have holds which do not count. */
    List<NodeView> viewsFreedBy(Predicate<Hold> counted) {
        return new Candidates(
                        candidates.stream()
                                .filter(candidate ->
                                        book.on(candidate.name()).stream().anyMatch(counted.negate()))
                                .toList(),
                        cluster,
                        book)
                .views(counted);
    }

    /** Names that nothing is known about. */
    List<String> unknown() {
        return candidates.stream()
                .filter(candidate -> candidate.given().isEmpty()
                        && cluster.node(candidate.name()).isEmpty())
                .map(Candidate::name)
                .toList();
    }

    List<String> names() {
        return candidates.stream().map(Candidate::name).toList();
    }
}
