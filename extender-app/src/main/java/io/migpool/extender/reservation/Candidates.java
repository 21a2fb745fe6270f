package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Node;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.placement.FreedNode;
import io.migpool.extender.pool.NodeView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The nodes of one request, seen with or without certain holds. To be used within a decision. */
final class Candidates {

    private final List<String> names;
    private final List<Supplier<NodeView>> given;
    private final ClusterView cluster;
    private final HoldBook book;

    private Candidates(List<String> names, List<Supplier<NodeView>> given, ClusterView cluster, HoldBook book) {
        this.names = names;
        this.given = given;
        this.cluster = cluster;
        this.book = book;
    }

    static Candidates named(List<String> names, ClusterView cluster, HoldBook book) {
        return new Candidates(names, List.of(), cluster, book);
    }

    /** Returns nodes given in full: as they are if the cluster knows them, else as they are given. */
    static Candidates given(List<Node> nodes, ClusterView cluster, HoldBook book) {
        return new Candidates(
                nodes.stream().map(node -> node.getMetadata().getName()).toList(),
                nodes.stream().map(node -> view(node, cluster)).toList(),
                cluster,
                book);
    }

    /** Reading a node takes too long for a decision; a node that is known is not read at all unless it vanishes now. */
    private static Supplier<NodeView> view(Node node, ClusterView cluster) {
        if (cluster.node(node.getMetadata().getName()).isPresent()) {
            return () -> cluster.viewOf(node);
        }
        NodeView view = cluster.viewOf(node);
        return () -> view;
    }

    /**
     * The nodes found.
     *
     * @param views the nodes that are known or given, in the order of the request
     * @param unknown names of nodes that are not known
     */
    record Found(List<NodeView> views, List<String> unknown) {}

    /** Returns the nodes with all holds. */
    Found withAllHolds() {
        return find(book::withAllHolds);
    }

    /** Returns the nodes with these holds only. */
    Found with(Predicate<Hold> counted) {
        return find(name -> book.node(name, counted).orElse(null));
    }

    private interface ViewSource {
        @Nullable NodeView at(String name);
    }

    private Found find(ViewSource source) {
        List<NodeView> views = new ArrayList<>(names.size());
        List<String> unknown = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            NodeView view = source.at(names.get(i));
            if (view != null) {
                views.add(view);
            } else if (given.isEmpty()) {
                unknown.add(names.get(i));
            } else {
                views.add(given.get(i).get());
            }
        }
        return new Found(views, unknown);
    }

    /** Returns the nodes that have holds which do not count, seen without those. */
    List<FreedNode> freedBy(Predicate<Hold> counted) {
        List<FreedNode> freed = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            FreedNode node = book.freed(name, counted);
            if (node != null && seen.add(name)) {
                freed.add(node);
            }
        }
        return freed;
    }

    List<String> names() {
        return names;
    }

    /**
     * Returns the names in alphabetical order, as the scheduler's order of the same nodes differs each time; where possible the
     * same objects that the cluster keeps.
     */
    List<String> knownNames() {
        return names.stream()
                .sorted()
                .map(name -> cluster.node(name).map(NodeView::name).orElse(name))
                .toList();
    }
}
