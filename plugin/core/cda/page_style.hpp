// How a page looks. Internal to core/cda.
#pragma once
#include <string_view>

namespace huren::cda {

// One sheet for screen and paper: no colour carries a meaning alone, nothing is fetched. No custom properties and no grid: HIS
// clients embed old browsers (Internet Explorer 11's control among them).
inline constexpr std::string_view kStyle = R"(
*{box-sizing:border-box}
body{margin:0;background:#f3f5f7;color:#1a1f26;font:15px/1.5 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",sans-serif}
main{max-width:1000px;margin:0 auto;background:#fff;padding:24px 28px}
header{display:flex;justify-content:space-between;align-items:baseline;gap:16px;border-bottom:2px solid #1a1f26;padding-bottom:8px}
h1{font-size:22px;margin:0}h2{font-size:16px;margin:20px 0 6px}
.origin{font-size:16px;font-weight:600}.origin small{font-weight:400;color:#59636e;margin-right:8px}
.banner{margin:12px 0;padding:10px 14px;border:2px solid;font-weight:700;font-size:17px}
.banner small{display:block;font-weight:400;font-size:14px}
.foreign{color:#1a1f26;border-color:#1a1f26;background:#eef1f4;font-size:16px}
.withdrawn{color:#fff;background:#b3261e;border-color:#b3261e}
.corrected,.superseded{color:#8a5300;border-color:#8a5300;background:#fff8e8}
.preliminary{color:#0b57d0;border-color:#0b57d0;background:#eef4ff}
dl.facts{margin:14px -10px}
dl.facts div{display:inline-block;width:33.3%;min-width:230px;padding:2px 10px;vertical-align:top}dt{display:inline;margin-right:8px;color:#59636e;white-space:nowrap}dd{display:inline;margin:0;word-wrap:break-word;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;font-size:14px}
th,td{text-align:left;padding:6px 8px;border-bottom:1px solid #d5dae0;vertical-align:top;overflow-wrap:anywhere}
th{color:#59636e;font-weight:600;border-bottom:2px solid #d5dae0;white-space:nowrap}
td.value{font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
td small{display:block;color:#59636e;font-weight:400;overflow-wrap:anywhere}
.high{color:#b3261e}.low{color:#0b57d0}.abnormal{color:#b3261e}
tr.struck td.value{text-decoration:line-through}
td.value.text{white-space:normal;min-width:9em}
.critical{outline:2px solid #b3261e;outline-offset:-2px}.critical small{color:#b3261e;font-weight:600}
.mark{display:inline-block;border:1px solid #1a1f26;border-radius:3px;padding:0 4px;margin:0 4px 2px 0;font-size:12px;white-space:nowrap}
p.text,dd.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0}
footer{margin-top:20px;padding-top:8px;border-top:1px solid #d5dae0;color:#59636e;font-size:13px}
.wide{overflow-x:auto}.wide table{min-width:640px}
.narrative table{border:1px solid #d5dae0}
@media(max-width:640px){main{padding:12px}h1{font-size:18px}}
@media screen and (max-width:640px){dl.facts div{display:block;width:auto}.wide{overflow-x:visible}.wide table{min-width:0}.wide thead{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)}
.wide tr{display:block;padding:6px 0;border-bottom:1px solid #d5dae0}.wide td{display:inline-block;border:0;padding:1px 10px 1px 0;max-width:100%}.wide td:first-child{display:block;font-weight:600}
.wide td.value{white-space:normal}.wide td:empty{display:none}.wide td[title]:before{content:attr(title) " ";color:#59636e}}
@media print{.wide table{min-width:0}body{background:#fff;font-size:11pt}main{padding:0;max-width:none}tr{break-inside:avoid}thead{display:table-header-group}.banner{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)";

}  // namespace huren::cda
