// A HIS in C#, as small as it can be: a report is released, an order is placed, the doctor sees the card and decides.
// usage: mono Host.exe CONFIG_FOLDER
// JSON is written and read here by hand so that the sample needs no package; use the JSON library that your HIS has.
using System;
using System.Text.RegularExpressions;

static class Program {
    static readonly DateTime Now = DateTime.UtcNow.AddHours(8);
    static readonly string Run = Now.ToString("yyyyMMddHHmmss"); // makes the keys of this run its own
    const string Patient = "{\"local_id\":\"P1\",\"name\":\"陈东珅\",\"sex\":\"female\",\"birth_date\":\"1949-12-31\","
        + "\"identifiers\":[{\"type\":\"resident_id\",\"value\":\"11010519491231002X\"}]}";

    static string At(double minusHours) { return Now.AddHours(-minusHours).ToString("yyyy-MM-ddTHH:mm:ss") + "+08:00"; }

    static string Visit(string rest) {
        return "{\"patient_id\":\"P1\",\"encounter_id\":\"E" + Run + "\",\"department\":\"内分泌科\",\"doctor\":{\"id\":\"D1027\",\"name\":\"赵敏\"}," + rest + "}";
    }

    static string Report(string number, string value) {
        return "{\"report\":{\"origin\":{\"code\":\"HB-COUNTY-01\",\"name\":\"县医院\"},\"number\":\"" + number + "\",\"version\":1,\"status\":\"final\","
            + "\"panel\":{\"code\":\"SH01\",\"name\":\"生化\"},\"category\":\"生化\",\"patient\":" + Patient + ",\"patient_class\":\"outpatient\","
            + "\"specimen\":{\"id\":\"B1\",\"type\":{\"code\":\"serum\",\"name\":\"血清\",\"system\":\"HUREN\"},\"collected_at\":\"" + At(2) + "\"},"
            + "\"observations\":[{\"set_id\":\"1\",\"local\":{\"code\":\"GLU01\",\"name\":\"葡萄糖\"},\"value_type\":\"NM\",\"value\":\"" + value + "\","
            + "\"unit\":\"mmol/L\",\"range\":{\"text\":\"3.9-6.1\",\"low\":3.9,\"high\":6.1},\"status\":\"final\",\"marks\":[\"鄂HR\"],"
            + "\"performer\":{\"code\":\"HB-COUNTY-01\",\"name\":\"检验科\"}}],\"author\":{\"id\":\"L7\",\"name\":\"李强\"},"
            + "\"verifier\":{\"id\":\"L2\",\"name\":\"周海\"},\"reported_at\":\"" + At(1) + "\"}}";
    }

    static string Member(string json, string name) { return Regex.Match(json, "\"" + name + "\":\"((?:[^\"\\\\]|\\\\.)*)\"").Groups[1].Value; }

    static int Main(string[] args) {
        Console.OutputEncoding = new System.Text.UTF8Encoding(false);
        using (var huren = new Huren(args[0], "Sample", "C# HIS", "1")) {
            Console.WriteLine("patient " + huren.Submit("patient.registered/1", "P1-" + Run, "{\"patient\":" + Patient + "}"));
            Console.WriteLine("encounter " + huren.Submit("encounter.started/1", "E" + Run, Visit("\"patient_class\":\"outpatient\",\"at\":\"" + At(0) + "\"")));
            Console.WriteLine("report " + huren.Submit("lab.report.released/1", "R" + Run + "/1", Report("R" + Run, "5.42")));
            Console.WriteLine("again " + huren.Submit("lab.report.released/1", "R" + Run + "/1", Report("R" + Run, "5.42")));

            var answer = huren.Query("order.check/1", Visit("\"orders\":[{\"order_id\":\"O" + Run + "\",\"item\":{\"code\":\"GLU01\",\"name\":\"葡萄糖\"}}]"), 2000);
            if (answer != null && Member(answer, "summary") != "") {
                Console.WriteLine("card " + Member(answer, "outcome") + " " + Member(answer, "summary"));
                var suggestion = Member(Regex.Match(answer, "\"suggestions\":\\[.*").Value, "uuid");
                var results = Regex.Match(answer, "\"result_ids\":(\\[[^\\]]*\\])").Groups[1].Value;
                Console.WriteLine("decided " + huren.Submit("recognition.decided/1", "D" + Run, Visit("\"decision_id\":\"D" + Run + "\",\"suggestion_id\":\"" + suggestion
                    + "\",\"order_id\":\"O" + Run + "\",\"order_item\":\"GLU01\",\"outcome\":\"accepted\",\"result_ids\":" + results + ",\"at\":\"" + At(0) + "\"")));
            }

            Console.WriteLine("faulty report " + huren.Submit("lab.report.released/1", "F" + Run + "/1", Report("F" + Run, "")));
            string notice; // the text for the record; then what was wrong in a body, with its place
            while ((notice = huren.Poll(2000)) != null) {
                Console.WriteLine(("notice " + Member(notice, "topic") + " " + Member(notice, "where")).TrimEnd());
                huren.Acknowledge(Member(notice, "notice_id"));
                if (Member(notice, "topic") == "event.rejected/1") break;
            }
        }
        Console.WriteLine("closed");
        return 0;
    }
}
