package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A recorded cluster: Alibaba's {@code openb} GPU traces of 2023 (published with "Beware of Fragmentation", USENIX ATC
 * 2023), files {@code openb_pod_list_*.csv}. They contain thousandths of a GPU, which one of two maps converts to
 * profiles; a pod with several GPUs requests several whole ones.
 *
 * <p>Requests arrive at the recorded times, {@value #COPIES} at each, so that the pool is large enough to matter.
 * Profile and lifetime are those of recorded pods, drawn with replacement as the authors of the traces do, because a
 * single history with few long-lived pods would decide everything.
 */
final class TraceReplay implements Workload {

    private static final String FILES = "openb_pod_list_*.csv";
    private static final List<String> COLUMNS = List.of("num_gpu", "gpu_milli", "creation_time", "deletion_time");
    private static final int WHOLE = 1000;

    private static final int COPIES = 4;

    /** Requests in the first and last hundredth are too sparse to count for the load. */
    private static final int EDGES = 100;

    /**
     * One device.
     *
     * @param profile the profile
     * @param begins when it is requested, in seconds
     * @param ends when it is released
     */
    record Request(RequestedProfile profile, long begins, long ends) {}

    /** Converts thousandths of a GPU to a profile. */
    private enum Map {
        MEMORY("by memory"),
        COMPUTE("by compute");

        private final String label;

        Map(String label) {
            this.label = label;
        }

        RequestedProfile profile(int milli) {
            return switch (this) {
                case MEMORY ->
                    milli <= 125
                            ? RequestedProfile.G1
                            : milli <= 250
                                    ? RequestedProfile.G2
                                    : milli <= 500 ? RequestedProfile.G3 : RequestedProfile.G7;
                case COMPUTE ->
                    milli <= 143
                            ? RequestedProfile.G1
                            : milli <= 286
                                    ? RequestedProfile.G2
                                    : milli <= 429
                                            ? RequestedProfile.G3
                                            : milli <= 571 ? RequestedProfile.G4 : RequestedProfile.G7;
            };
        }
    }

    private final String label;
    private final List<Request> requests;
    private final List<Double> shares;

    /**
     * @param label the name in tables
     * @param requests requests sorted by their beginning, at least one
     */
    TraceReplay(String label, List<Request> requests) {
        this.label = label;
        this.requests = List.copyOf(requests);
        this.shares = Board.A100.profiles().stream()
                .map(profile -> requests.stream()
                                .filter(request -> request.profile() == profile)
                                .count()
                        / (double) requests.size())
                .toList();
    }

    /**
     * Reads every trace of a folder, with both maps; traces that differ only in other columns are read once.
     *
     * @throws IOException if the folder cannot be read
     * @throws IllegalArgumentException if it holds no trace, or a file is not one
     */
    static List<TraceReplay> in(Path folder) throws IOException {
        List<TraceReplay> replays = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            var matcher = folder.getFileSystem().getPathMatcher("glob:" + FILES);
            for (Path file : files.filter(path -> matcher.matches(path.getFileName()))
                    .sorted()
                    .toList()) {
                for (Map map : Map.values()) {
                    List<Request> requests = read(file, map);
                    if (replays.stream().noneMatch(replay -> replay.requests.equals(requests))) {
                        replays.add(new TraceReplay(file.getFileName() + " " + map.label, requests));
                    }
                }
            }
        }
        if (replays.isEmpty()) {
            throw new IllegalArgumentException("%s holds no file %s".formatted(folder, FILES));
        }
        return List.copyOf(replays);
    }

    private static List<Request> read(Path file, Map map) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<String> header =
                lines.isEmpty() ? List.of() : Arrays.asList(lines.getFirst().split(",", -1));
        int[] columns = COLUMNS.stream().mapToInt(header::indexOf).toArray();
        if (Arrays.stream(columns).anyMatch(column -> column < 0)) {
            throw new IllegalArgumentException(
                    "%s: the first line must name the columns %s, not %s".formatted(file, COLUMNS, header));
        }
        List<Request> requests = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            int gpus = Integer.parseInt(cells[columns[0]]);
            int milli = gpus > 1 ? WHOLE : Integer.parseInt(cells[columns[1]]);
            long begins = Long.parseLong(cells[columns[2]]);
            long ends = Long.parseLong(cells[columns[3]]);
            for (int gpu = 0; gpu < gpus; gpu++) {
                requests.add(new Request(map.profile(milli), begins, ends));
            }
        }
        requests.sort(Comparator.comparingLong(Request::begins));
        return List.copyOf(requests);
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public Board board() {
        return Board.A100;
    }

    @Override
    public double share(RequestedProfile profile) {
        return shares.get(profile.index());
    }

    /** Returns the pool size at which the trace has this load, averaged over its busy part. */
    int gpusFor(double load) {
        long from = requests.get(requests.size() / EDGES).begins();
        long to = requests.get(requests.size() - 1 - requests.size() / EDGES).begins();
        double unitSeconds = 0;
        for (Request request : requests) {
            long inside = Math.min(to, request.ends()) - Math.max(from, request.begins());
            unitSeconds += Math.max(0, inside) * request.profile().size();
        }
        return (int) Math.max(1, Math.round(COPIES * unitSeconds / Math.max(1, to - from) / load / board().units()));
    }

    @Override
    public Arrivals draw(int gpus, double load, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Request> drawn = new ArrayList<>();
        for (Request time : requests) {
            for (int copy = 0; copy < COPIES; copy++) {
                Request pod = requests.get(random.nextInt(requests.size()));
                drawn.add(new Request(pod.profile(), time.begins(), time.begins() + pod.ends() - pod.begins()));
            }
        }
        return Arrivals.replay(drawn);
    }
}
