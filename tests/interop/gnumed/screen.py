"""What GNUmed's own client shows of a patient's results, by the code behind its screens.

usage: screen.py CLIENT_FOLDER SOCKET_FOLDER DATABASE PATIENT
"""
import builtins
import sys

sys.path.insert(0, sys.argv[1])
builtins._ = lambda text: text  # what its main program installs as gettext
from Gnumed.pycommon import gmI18N  # noqa: E402
gmI18N.activate_locale()
from Gnumed.pycommon import gmConnectionPool  # noqa: E402

credentials = gmConnectionPool.cPGCredentials()
credentials.host, credentials.database, credentials.port, credentials.user, credentials.password = sys.argv[2], sys.argv[3], 5432, "any-doc", "any-doc"
gmConnectionPool.gmConnectionPool().credentials = credentials
from Gnumed.business import gmPathLab  # noqa: E402

for result in gmPathLab.get_test_results(pk_patient=int(sys.argv[4])):
    print(result.format(with_source_data=True))
