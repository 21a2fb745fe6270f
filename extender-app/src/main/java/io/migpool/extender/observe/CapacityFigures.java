package io.migpool.extender.observe;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.extender.pool.Capacities;
import io.migpool.extender.pool.Capacity;
import io.migpool.extender.pool.Capacity.ProfileRoom;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.NodeView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/** Metrics on how the slices of MIG GPUs are used, what else fits, and how much room the present layout denies. */
final class CapacityFigures implements FigureSource {

    /** Values of the state label of slices. */
    private static final Map<String, ToIntFunction<Capacity>> STATES = states();

    private record Board(GpuInventory gpu, Capacity capacity) {}

    private record Node(String name, boolean usable, List<Board> boards) {

        int slices(ToIntFunction<Capacity> state) {
            return boards.stream().map(Board::capacity).mapToInt(state).sum();
        }

        long unitsToWin() {
            return slices(Capacity::unitsToWin);
        }

        long unitsRepacked() {
            return slices(Capacity::unitsRepacked);
        }
    }

    private record Offer(String model, String profile) implements Comparable<Offer> {
        @Override
        public int compareTo(Offer other) {
            int byModel = model.compareTo(other.model);
            return byModel == 0 ? profile.compareTo(other.profile) : byModel;
        }
    }

    private static Map<String, ToIntFunction<Capacity>> states() {
        Map<String, ToIntFunction<Capacity>> states = new LinkedHashMap<>();
        states.put("used", Capacity::used);
        states.put("idle", Capacity::idle);
        states.put("free", Capacity::free);
        states.put("stranded", Capacity::stranded);
        states.put("blocked", Capacity::blocked);
        return states;
    }

    @Override
    public void writeTo(GaugeText text, List<NodeView> nodes) throws IOException {
        List<Node> mig = migNodes(nodes);
        writeSlices(text, mig);
        writeRoom(text, mig);
        writeFragmentation(text, mig);
    }

    private static List<Node> migNodes(List<NodeView> nodes) {
        Capacities capacities = new Capacities();
        List<Node> mig = new ArrayList<>();
        for (NodeView node : nodes) {
            List<Board> boards = new ArrayList<>();
            for (GpuView view : node.gpus()) {
                if (view instanceof MigGpu gpu) {
                    boards.add(new Board(gpu.inventory(), capacities.of(gpu)));
                }
            }
            if (!boards.isEmpty()) {
                mig.add(new Node(node.name(), node.unusable() == null, boards));
            }
        }
        return mig;
    }

    private static void writeSlices(GaugeText text, List<Node> nodes) throws IOException {
        text.head("migpool_slices", "Placement units of the node's MIG GPUs by use");
        for (Node node : nodes) {
            for (Map.Entry<String, ToIntFunction<Capacity>> state : STATES.entrySet()) {
                text.sample(LabelText.of("node", node.name(), "state", state.getKey()), node.slices(state.getValue()));
            }
        }
    }

    private static void writeRoom(GaugeText text, List<Node> nodes) throws IOException {
        Map<Offer, Integer> now = new TreeMap<>();
        Map<Offer, Integer> repacked = new TreeMap<>();
        for (Node node : nodes) {
            if (node.usable()) {
                for (Board board : node.boards()) {
                    for (ProfileRoom room : board.capacity().room()) {
                        Offer offer =
                                new Offer(board.gpu().model(), room.profile().toString());
                        now.merge(offer, room.now(), Integer::sum);
                        repacked.merge(offer, room.repacked(), Integer::sum);
                    }
                }
            }
        }
        text.head(
                "migpool_placeable_instances",
                "How many more instances of the profile alone fit, in the present layout and if every GPU were laid out again");
        for (Map.Entry<Offer, Integer> entry : now.entrySet()) {
            Offer offer = entry.getKey();
            text.sample(labels(offer, "now"), entry.getValue());
            text.sample(labels(offer, "repacked"), repacked.getOrDefault(offer, 0));
        }
    }

    private static LabelText labels(Offer offer, String layout) {
        return LabelText.of("device_type", offer.model(), "layout", layout, "profile", offer.profile());
    }

    private static void writeFragmentation(GaugeText text, List<Node> nodes) throws IOException {
        String help = "Share of the room on the %s that only a new layout of its instances would free, 0 to 1";
        text.head("migpool_gpu_fragmentation_ratio", help.formatted("GPU"));
        long toWin = 0;
        long repacked = 0;
        for (Node node : nodes) {
            for (Board board : node.boards()) {
                text.sample(
                        LabelText.of(
                                "device_index", board.gpu().index(),
                                "device_uuid", board.gpu().uuid(),
                                "node", node.name()),
                        Capacity.fragmentation(
                                board.capacity().unitsToWin(), board.capacity().unitsRepacked()));
            }
            toWin += node.unitsToWin();
            repacked += node.unitsRepacked();
        }
        text.head("migpool_node_fragmentation_ratio", help.formatted("node"));
        for (Node node : nodes) {
            text.sample(
                    LabelText.of("node", node.name()), Capacity.fragmentation(node.unitsToWin(), node.unitsRepacked()));
        }
        text.head("migpool_cluster_fragmentation_ratio", help.formatted("cluster"));
        text.sample(LabelText.of(), Capacity.fragmentation(toWin, repacked));
    }
}
