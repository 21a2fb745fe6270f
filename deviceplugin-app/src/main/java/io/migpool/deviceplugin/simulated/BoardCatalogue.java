package io.migpool.deviceplugin.simulated;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The board models that can be simulated, from {@code boards.json}: figures as drivers print them ({@code nvidia-smi
 * mig -lgip}, {@code -lgipp}). They vary a little between driver releases; for real GPUs the driver is authoritative.
 */
final class BoardCatalogue {

    private static final String RESOURCE = "boards.json";
    private static final int PERCENT = 100;

    private final Map<String, Board> boards;

    private BoardCatalogue(Map<String, Board> boards) {
        this.boards = boards;
    }

    /** Reads the resource. */
    static BoardCatalogue load() {
        try (InputStream json = Objects.requireNonNull(
                BoardCatalogue.class.getResourceAsStream(RESOURCE), "resource " + RESOURCE + " is missing")) {
            Map<String, Board> boards = new TreeMap<>();
            JsonMapper.builder().build().readValue(json, BoardsJson.class).boards().stream()
                    .map(BoardJson::toBoard)
                    .forEach(board -> boards.put(board.model(), board));
            return new BoardCatalogue(boards);
        } catch (IOException e) {
            throw new UncheckedIOException("resource " + RESOURCE + " is not readable", e);
        }
    }

    /**
     * Returns the board with this name.
     *
     * @throws IllegalArgumentException if there is none; names the known models
     */
    Board board(String model) {
        Board board = boards.get(model);
        if (board == null) {
            throw new IllegalArgumentException(
                    "no simulated board is called '%s'; known: %s".formatted(model, boards.keySet()));
        }
        return board;
    }

    /** Returns all boards, by name. */
    List<Board> all() {
        return List.copyOf(boards.values());
    }

    private record BoardsJson(List<BoardJson> boards) {}

    private record BoardJson(
            String model,
            String pciDeviceId,
            String computeCapability,
            long memoryMiB,
            MigSupport migSupport,
            List<ProfileJson> profiles) {

        Board toBoard() {
            int all = profiles.stream()
                    .mapToInt(ProfileJson::multiprocessors)
                    .max()
                    .orElse(0);
            return new Board(
                    model,
                    new PciIdentity(Long.decode(pciDeviceId), 0),
                    capability(),
                    memoryMiB,
                    migSupport,
                    profiles.stream().map(p -> p.toProfile(all)).toList());
        }

        private GpuFeatures.ComputeCapability capability() {
            int dot = computeCapability.indexOf('.');
            return new GpuFeatures.ComputeCapability(
                    Integer.parseInt(computeCapability.substring(0, dot)),
                    Integer.parseInt(computeCapability.substring(dot + 1)));
        }
    }

    private record ProfileJson(
            String name,
            long memoryMiB,
            int multiprocessors,
            int maxInstances,
            int size,
            List<Integer> starts,
            int copyEngines,
            int decoders,
            int encoders,
            int jpegs,
            int opticalFlows) {

        Board.Profile toProfile(int allMultiprocessors) {
            MigProfile profile = MigProfile.parse(name);
            return new Board.Profile(
                    new ProfileCapability(
                            profile,
                            memoryMiB,
                            Math.ceilDiv(PERCENT * multiprocessors, allMultiprocessors),
                            profile.gpuSlices(),
                            maxInstances,
                            starts.stream()
                                    .map(start -> new Placement(start, size))
                                    .toList()),
                    multiprocessors,
                    copyEngines,
                    new MediaEngines(decoders, encoders, jpegs, opticalFlows));
        }
    }
}
