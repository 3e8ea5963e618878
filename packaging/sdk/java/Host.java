import java.io.PrintStream;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A HIS in Java, as small as it can be: a report is released, an order is placed, the doctor sees the card and decides.
 * usage: java Host CONFIG_FOLDER
 * JSON is written and read here by hand so that the sample needs no library; use the one that your HIS has.
 */
public final class Host {
    private static final LocalDateTime NOW = LocalDateTime.now(ZoneOffset.ofHours(8));
    private static final String RUN = NOW.format(DateTimeFormatter.ofPattern("yyyyMMddHHmmss")); // makes the keys of this run its own
    private static final String PATIENT = "{'local_id':'P1','name':'陈东珅','sex':'female','birth_date':'1949-12-31',"
        + "'identifiers':[{'type':'resident_id','value':'11010519491231002X'}]}";

    private static String at(int minusHours) {
        return NOW.minusHours(minusHours).format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss")) + "+08:00";
    }

    private static String json(String singleQuoted) { return singleQuoted.replace('\'', '"'); }

    private static String visit(String rest) {
        return "{'patient_id':'P1','encounter_id':'E" + RUN + "','department':'内分泌科','doctor':{'id':'D1027','name':'赵敏'}," + rest + "}";
    }

    private static String report(String number, String value) {
        return "{'report':{'origin':{'code':'HB-COUNTY-01','name':'县医院'},'number':'" + number + "','version':1,'status':'final',"
            + "'panel':{'code':'SH01','name':'生化'},'category':'生化','patient':" + PATIENT + ",'patient_class':'outpatient',"
            + "'specimen':{'id':'B1','type':{'code':'serum','name':'血清','system':'HUREN'},'collected_at':'" + at(2) + "'},"
            + "'observations':[{'set_id':'1','local':{'code':'GLU01','name':'葡萄糖'},'value_type':'NM','value':'" + value + "','unit':'mmol/L',"
            + "'range':{'text':'3.9-6.1','low':3.9,'high':6.1},'status':'final','marks':['鄂HR'],'performer':{'code':'HB-COUNTY-01','name':'检验科'}}],"
            + "'author':{'id':'L7','name':'李强'},'verifier':{'id':'L2','name':'周海'},'reported_at':'" + at(1) + "'}}";
    }

    private static String first(String pattern, String in) {
        Matcher m = Pattern.compile(pattern).matcher(in);
        return m.find() ? m.group(1) : "";
    }

    private static String member(String json, String name) { return first("\"" + name + "\":\"((?:[^\"\\\\]|\\\\.)*)\"", json); }

    private static String word(int status) { return status == HurenStatus.OK ? "OK" : status == HurenStatus.DUPLICATE ? "DUPLICATE" : "" + status; }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        try (Huren huren = new Huren(args[0], "Sample", "Java HIS", "1")) {
            out.println("patient " + word(huren.submit("patient.registered/1", "P1-" + RUN, json("{'patient':" + PATIENT + "}"))));
            out.println("encounter " + word(huren.submit("encounter.started/1", "E" + RUN, json(visit("'patient_class':'outpatient','at':'" + at(0) + "'")))));
            out.println("report " + word(huren.submit("lab.report.released/1", "R" + RUN + "/1", json(report("R" + RUN, "5.42")))));
            out.println("again " + word(huren.submit("lab.report.released/1", "R" + RUN + "/1", json(report("R" + RUN, "5.42")))));

            String answer = huren.query("order.check/1", json(visit("'orders':[{'order_id':'O" + RUN + "','item':{'code':'GLU01','name':'葡萄糖'}}]")), 2000);
            if (answer != null && !member(answer, "summary").isEmpty()) {
                out.println("card " + member(answer, "outcome") + " " + member(answer, "summary"));
                String suggestion = member(first("(\"suggestions\":\\[.*)", answer), "uuid");
                String results = first("\"result_ids\":(\\[[^\\]]*\\])", answer);
                out.println("decided " + word(huren.submit("recognition.decided/1", "D" + RUN, json(visit("'decision_id':'D" + RUN + "','suggestion_id':'" + suggestion
                    + "','order_id':'O" + RUN + "','order_item':'GLU01','outcome':'accepted','result_ids':" + results + ",'at':'" + at(0) + "'")))));
            }

            out.println("faulty report " + word(huren.submit("lab.report.released/1", "F" + RUN + "/1", json(report("F" + RUN, "")))));
            String notice; // the text for the record; then what was wrong in a body, with its place
            while ((notice = huren.poll(2000)) != null) {
                out.println(("notice " + member(notice, "topic") + " " + member(notice, "where")).trim());
                huren.acknowledge(member(notice, "notice_id"));
                if (member(notice, "topic").equals("event.rejected/1")) break;
            }
        }
        out.println("closed");
    }
}
