// A HIS in Pascal, as small as it can be: a report is released, an order is placed, the doctor sees the card and decides.
// usage: host CONFIG_FOLDER
program host;

{$IFDEF FPC}{$MODE DELPHI}{$CODEPAGE UTF8}{$ENDIF}
{$H+}

uses
{$IFDEF UNIX}
  cwstring,
{$ENDIF}
  SysUtils, DateUtils, fpjson, jsonparser, huren, huren_status;

const
  Patient = '{"local_id":"P1","name":"陈东珅","sex":"female","birth_date":"1949-12-31",' +
    '"identifiers":[{"type":"resident_id","value":"11010519491231002X"}]}';

var
  Now8: TDateTime;
  Run: UTF8String;  // makes the keys of this run its own

function At(MinusHours: Integer): UTF8String;
begin
  Result := FormatDateTime('yyyy-mm-dd"T"hh:nn:ss', IncHour(Now8, -MinusHours)) + '+08:00';
end;

function Visit(const Rest: UTF8String): UTF8String;
begin
  Result := '{"patient_id":"P1","encounter_id":"E' + Run + '","department":"内分泌科","doctor":{"id":"D1027","name":"赵敏"},' + Rest + '}';
end;

function Report(const Number, Value: UTF8String): UTF8String;
begin
  Result := '{"report":{"origin":{"code":"HB-COUNTY-01","name":"县医院"},"number":"' + Number + '","version":1,"status":"final",' +
    '"panel":{"code":"SH01","name":"生化"},"category":"生化","patient":' + Patient + ',"patient_class":"outpatient",' +
    '"specimen":{"id":"B1","type":{"code":"serum","name":"血清","system":"HUREN"},"collected_at":"' + At(2) + '"},' +
    '"observations":[{"set_id":"1","local":{"code":"GLU01","name":"葡萄糖"},"value_type":"NM","value":"' + Value + '","unit":"mmol/L",' +
    '"range":{"text":"3.9-6.1","low":3.9,"high":6.1},"status":"final","marks":["鄂HR"],"performer":{"code":"HB-COUNTY-01","name":"检验科"}}],' +
    '"author":{"id":"L7","name":"李强"},"verifier":{"id":"L2","name":"周海"},"reported_at":"' + At(1) + '"}}';
end;

function Word(Status: Integer): UTF8String;
begin
  if Status = HUREN_OK then Result := 'OK' else Result := 'DUPLICATE';
end;

var
  H: THuren;
  Answer, Topic: UTF8String;
  Parsed, Card, Notice: TJSONData;
begin
  SetMultiByteConversionCodePage(CP_UTF8);
  SetTextCodePage(Output, CP_UTF8);
  Now8 := IncHour(LocalTimeToUniversal(Now), 8);
  Run := FormatDateTime('yyyymmddhhnnss', Now8);
  H := THuren.Create(ParamStr(1), 'Sample', 'Pascal HIS', '1');
  try
    Writeln('patient ', Word(H.Submit('patient.registered/1', 'P1-' + Run, '{"patient":' + Patient + '}')));
    Writeln('encounter ', Word(H.Submit('encounter.started/1', 'E' + Run, Visit('"patient_class":"outpatient","at":"' + At(0) + '"'))));
    Writeln('report ', Word(H.Submit('lab.report.released/1', 'R' + Run + '/1', Report('R' + Run, '5.42'))));
    Writeln('again ', Word(H.Submit('lab.report.released/1', 'R' + Run + '/1', Report('R' + Run, '5.42'))));

    Answer := H.Query('order.check/1', Visit('"orders":[{"order_id":"O' + Run + '","item":{"code":"GLU01","name":"葡萄糖"}}]'), 2000);
    if Answer <> '' then
    begin
      Parsed := GetJSON(Answer);
      if TJSONObject(Parsed).Arrays['cards'].Count > 0 then
      begin
        Card := TJSONObject(Parsed).Arrays['cards'][0];
        Writeln('card ', Card.FindPath('extension.huren.outcome').AsString, ' ', Card.FindPath('summary').AsString);
        Writeln('decided ', Word(H.Submit('recognition.decided/1', 'D' + Run, Visit('"decision_id":"D' + Run + '","suggestion_id":"' +
          Card.FindPath('suggestions[0].uuid').AsString + '","order_id":"O' + Run + '","order_item":"GLU01","outcome":"accepted","result_ids":' +
          Card.FindPath('extension.huren.result_ids').AsJSON + ',"at":"' + At(0) + '"'))));
      end;
      Parsed.Free;
    end;

    Writeln('faulty report ', Word(H.Submit('lab.report.released/1', 'F' + Run + '/1', Report('F' + Run, ''))));
    repeat  // the text for the record; then what was wrong in a body, with its place
      Answer := H.Poll(2000);
      if Answer = '' then Break;
      Notice := GetJSON(Answer);
      Topic := Notice.FindPath('topic').AsString;
      H.Acknowledge(Notice.FindPath('notice_id').AsString);
      if Topic = 'event.rejected/1' then
        Writeln('notice ', Topic, ' ', Notice.FindPath('body.findings[0].where').AsString)
      else
        Writeln('notice ', Topic);
      Notice.Free;
    until Topic = 'event.rejected/1';
  finally
    H.Free;
  end;
  Writeln('closed');
end.
