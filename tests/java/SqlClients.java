//  pgjdbc against the SQL server: prepared statements, rows in parts, the catalogue as tools read it, cancel, time-outs.
//
//      java -cp postgresql.jar SqlClients.java QUESTIONS      the server and the user stand in PGHOST, PGPORT, PGUSER, PGPASSWORD
//
//  QUESTIONS has a line for each question: its name, its SQL with `?`, and a type and a text for each bound value, all separated
//  by U+001F. Prints a line for each finding, its parts separated by U+001F: `rows`, how, name; then `row` and the values as
//  text (NULL: U+0000) for each row; `checked`, how, what; `fault`, how, what.

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

public class SqlClients {
    static final String PART = "\u001f";
    static final String ENDLESS =
        "SELECT count(*) FROM generate_series(1, 300000) AS a (x), generate_series(1, 300000) AS b (y) WHERE a.x % 7 = b.y % 11";

    interface Test {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        System.setOut(new java.io.PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8));
        List<String> questions = Files.readAllLines(Path.of(args[0]), StandardCharsets.UTF_8);
        askEverything("pgjdbc", questions, Map.of());
        askEverything("pgjdbc prepared, binary", questions, Map.of("prepareThreshold", "-1"));
        askEverything("pgjdbc simple", questions, Map.of("preferQueryMode", "simple"));
        check("rows in parts", SqlClients::parts);
        check("tables and columns", SqlClients::tables);
        check("types and keys", SqlClients::types);
        check("typed values", SqlClients::typed);
        check("cancel", SqlClients::cancel);
        check("query time-out", SqlClients::timeout);
        check("transactions", SqlClients::transactions);
        check("errors", SqlClients::errors);
    }

    static Connection connect(Map<String, String> more) throws SQLException {
        Map<String, String> env = System.getenv();
        Properties properties = new Properties();
        properties.setProperty("user", env.get("PGUSER"));
        properties.setProperty("password", env.get("PGPASSWORD"));
        properties.setProperty("sslmode", "disable");
        properties.putAll(more);
        return DriverManager.getConnection("jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/touchload", properties);
    }

    static void say(String... parts) {
        System.out.println(String.join(PART, parts).replace("\n", " "));
    }

    static void check(String what, Test test) {
        try {
            test.run();
            say("checked", "pgjdbc", what);
        } catch (Exception | AssertionError error) {
            say("fault", "pgjdbc", what + ": " + error);
        }
    }

    static void same(Object found, Object expected) {
        if (!java.util.Objects.equals(found, expected)) throw new AssertionError(found + " instead of " + expected);
    }

    static void askEverything(String how, List<String> questions, Map<String, String> more) throws SQLException {
        try (Connection connection = connect(more)) {
            for (String line : questions) {
                String[] question = line.split(PART);
                try (PreparedStatement statement = connection.prepareStatement(question[1].replace("\u2028", "\n"))) {
                    for (int at = 2; at + 1 < question.length; at += 2) bind(statement, at / 2, question[at], question[at + 1]);
                    statement.executeQuery().close();
                    List<String[]> rows = rows(statement.executeQuery());
                    say("rows", how, question[0]);
                    for (String[] row : rows) say(row);
                } catch (SQLException error) {
                    say("fault", how, question[0] + ": " + error.getSQLState() + " " + error.getMessage());
                }
            }
        }
    }

    static void bind(PreparedStatement statement, int at, String kind, String text) throws SQLException {
        if (kind.startsWith("int")) statement.setLong(at, Long.parseLong(text));
        else if (kind.equals("timestamptz")) statement.setObject(at, OffsetDateTime.parse(text));
        else statement.setString(at, text);
    }

    static List<String[]> rows(ResultSet found) throws SQLException {
        int width = found.getMetaData().getColumnCount();
        List<String[]> rows = new ArrayList<>();
        while (found.next()) {
            String[] row = new String[width + 1];
            row[0] = "row";
            for (int at = 1; at <= width; at++) row[at] = found.getString(at) == null ? "\u0000" : found.getString(at);
            rows.add(row);
        }
        return rows;
    }

    /** With a fetch size, in a transaction, rows come a part at a time from a portal that is suspended in between. */
    static void parts() throws SQLException {
        try (Connection connection = connect(Map.of())) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(64);
                ResultSet rows = statement.executeQuery("SELECT value FROM generate_series(1, 1000) AS g (value) ORDER BY value");
                long expected = 0;
                while (rows.next()) same(rows.getLong(1), ++expected);
                same(expected, 1000L);
                ResultSet abandoned = statement.executeQuery("SELECT value FROM generate_series(1, 100000) AS g (value) ORDER BY value");
                abandoned.next();
                abandoned.close();
            }
            connection.rollback();
            same(rows(connection.createStatement().executeQuery("SELECT 1")).size(), 1);
        }
    }

    static void tables() throws SQLException {
        try (Connection connection = connect(Map.of())) {
            DatabaseMetaData facts = connection.getMetaData();
            Map<String, String> kinds = new TreeMap<>();
            ResultSet tables = facts.getTables(null, null, "%", new String[] {"TABLE", "VIEW"});
            while (tables.next()) kinds.put(tables.getString("TABLE_NAME"), tables.getString("TABLE_TYPE"));
            TreeSet<String> missing = new TreeSet<>(Arrays.asList("touchpoint_log", "dead_letters", "hcp_metrics", "hcp_now", "touchpoints"));
            missing.removeAll(kinds.keySet());
            same(missing, new TreeSet<String>());
            same(kinds.get("touchpoint_log"), "TABLE");
            Map<String, Integer> types = new TreeMap<>();
            ResultSet columns = facts.getColumns(null, null, "touchpoint_log", "%");
            int place = 0;
            while (columns.next()) {
                same(columns.getInt("ORDINAL_POSITION"), ++place);
                types.put(columns.getString("COLUMN_NAME"), columns.getInt("DATA_TYPE"));
            }
            same(types.get("version"), Types.BIGINT);
            same(types.get("solicited"), Types.BIT);
            same(types.get("duration_s"), Types.INTEGER);
            same(types.get("occurred_at"), Types.TIMESTAMP);
            same(types.get("kind"), Types.VARCHAR);
            TreeSet<String> schemas = new TreeSet<>();
            ResultSet listed = facts.getSchemas();
            while (listed.next()) schemas.add(listed.getString("TABLE_SCHEM"));
            same(schemas.contains("pg_catalog") && schemas.contains("information_schema"), true);
        }
    }

    static void types() throws SQLException {
        try (Connection connection = connect(Map.of())) {
            DatabaseMetaData facts = connection.getMetaData();
            same(facts.getDatabaseProductName(), "PostgreSQL");
            same(facts.getDatabaseMajorVersion() >= 14, true);
            TreeSet<String> names = new TreeSet<>();
            ResultSet types = facts.getTypeInfo();
            while (types.next()) names.add(types.getString("TYPE_NAME"));
            same(names.containsAll(Arrays.asList("int4", "int8", "float8", "text", "bool", "timestamptz", "date", "numeric")), true);
            same(facts.getPrimaryKeys(null, null, "touchpoint_log").next(), false);
            same(facts.getImportedKeys(null, null, "touchpoint_log").next(), false);
            same(facts.getIndexInfo(null, null, "touchpoint_log", false, true).next(), false);
            facts.getFunctions(null, null, "hcp%").close();
            same(facts.getCatalogs().next(), true);
            facts.getTablePrivileges(null, null, "touchpoint_log").close();
        }
    }

    static void typed() throws SQLException {
        try (Connection connection = connect(Map.of("prepareThreshold", "-1"))) {
            String sql = "SELECT occurred_at, version, solicited, duration_s, kind, CAST(version AS DOUBLE PRECISION) AS real8"
                + " FROM touchpoint_log WHERE event_id = ? AND status = 'completed'";
            PreparedStatement statement = connection.prepareStatement(sql);
            statement.setString(1, "c2");
            ResultSet row = statement.executeQuery();
            same(row.next(), true);
            same(row.getObject(1, OffsetDateTime.class).toInstant(), java.time.Instant.parse("2026-03-03T09:00:00Z"));
            same(row.getObject(2), 0L);
            same(row.getObject(3), false);
            same(row.getObject(4), null);
            same(row.getObject(5), "calls");
            same(row.getObject(6), 0.0);
            same(row.next(), false);
        }
    }

    static void cancel() throws Exception {
        try (Connection connection = connect(Map.of()); Statement statement = connection.createStatement()) {
            CompletableFuture<Long> asked = CompletableFuture.supplyAsync(() -> {
                try {
                    statement.cancel();
                    return System.nanoTime();
                } catch (SQLException error) {
                    throw new IllegalStateException(error);
                }
            }, CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
            same(failure(() -> statement.executeQuery(ENDLESS)), "57014");
            long late = System.nanoTime() - asked.get();
            same(late < TimeUnit.MILLISECONDS.toNanos(1500), true);
            same(rows(statement.executeQuery("SELECT 1")).size(), 1);
        }
    }

    /** The driver's own time-out cancels. */
    static void timeout() throws SQLException {
        try (Connection connection = connect(Map.of()); Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            long began = System.nanoTime();
            same(failure(() -> statement.executeQuery(ENDLESS)), "57014");
            same(System.nanoTime() - began < TimeUnit.MILLISECONDS.toNanos(3000), true);
        }
    }

    static void transactions() throws SQLException {
        try (Connection connection = connect(Map.of())) {
            connection.setReadOnly(true);
            connection.setAutoCommit(false);
            same(connection.getTransactionIsolation() > 0, true);
            same(rows(connection.createStatement().executeQuery("SELECT 1")).size(), 1);
            connection.commit();
            same(failure(() -> connection.createStatement().executeQuery("SELECT * FROM nothing_of_the_kind")), "42P01");
            same(failure(() -> connection.createStatement().executeQuery("SELECT 1")), "25P02");
            connection.rollback();
            same(rows(connection.createStatement().executeQuery("SELECT 1")).size(), 1);
            connection.rollback();
            same(connection.isValid(5), true);
            same(connection.getSchema() != null, true);
        }
    }

    static void errors() throws SQLException {
        try (Connection connection = connect(Map.of()); Statement statement = connection.createStatement()) {
            same(failure(() -> statement.executeQuery("SELEC 1")), "42601");
            same(failure(() -> statement.executeQuery("SELECT nothing_of_the_kind FROM touchpoints")), "42703");
            same(failure(() -> statement.executeUpdate("DELETE FROM touchpoints")), "25006");
            same(rows(statement.executeQuery("SELECT 1")).size(), 1);
        }
    }

    static String failure(Test test) {
        try {
            test.run();
            return "no failure";
        } catch (SQLException error) {
            return error.getSQLState();
        } catch (Exception error) {
            return error.toString();
        }
    }
}
